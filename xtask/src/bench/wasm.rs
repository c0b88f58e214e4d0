//! How large the page's WASM is, and how much of that is telemetry: as shipped, and built once more with telemetry
//! compiled to nothing (the feature `inert` of the app).

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::print_machine;
use crate::site;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// Builds both and compares them.
pub(super) fn bench() -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    print(&Share::measure(&workspace, &tools)?);
    Ok(())
}

/// The page as shipped, and without telemetry.
pub(super) struct Share {
    with: Sizes,
    without: Sizes,
}

impl Share {
    /// Builds both.
    pub(super) fn measure(workspace: &Workspace, tools: &Tools<'_>) -> Result<Self> {
        tools.prepare(site::NEEDS)?;
        let without = Sizes::of(&site::build_inert(workspace, tools)?)?;
        let site = site::build(workspace, tools)?.root;
        let mut with = Sizes::of(&site)?;
        // wasm-bindgen writes it for both, but only the one imports it.
        with.script_brotli += snippet_brotli(&site)?;
        Ok(Self { with, without })
    }

    /// Bytes that telemetry adds to the download, script and WASM, brotli.
    pub(super) fn brotli(&self) -> u64 {
        let download = |sizes: &Sizes| sizes.wasm_brotli + sizes.script_brotli;
        download(&self.with).saturating_sub(download(&self.without))
    }
}

fn print(shares: &Share) {
    let Share { with, without } = shares;
    print_machine();
    println!("the page's files in bytes (profile wasm-release, wasm-opt, brotli as the server sends it)");
    println!("                      WASM brotli    WASM plain   JS brotli");
    for (name, sizes) in [("as shipped", with), ("without telemetry", without)] {
        println!(
            "  {name:<18}{:>13}{:>14}{:>12}",
            sizes.wasm_brotli, sizes.wasm, sizes.script_brotli
        );
    }
    let share = with.wasm_brotli.saturating_sub(without.wasm_brotli);
    println!(
        "  telemetry's share {share:>13}{:>14}{:>12}   ({:.1} % of the WASM)",
        with.wasm.saturating_sub(without.wasm),
        with.script_brotli.saturating_sub(without.script_brotli),
        100.0 * share as f64 / with.wasm_brotli.max(1) as f64,
    );
    println!("  in all            {:>13}  bytes of brotli", shares.brotli());
}

/// The telemetry crate's own script, which the page loads beside wasm-bindgen's.
fn snippet_brotli(site: &Path) -> Result<u64> {
    let folder = site.join("pkg/snippets");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("browser-telemetry-") {
            let script = entry.path().join("src/page.min.js.br");
            let script = fs::metadata(&script).with_context(|| format!("there is no {}", script.display()))?;
            return Ok(script.len());
        }
    }
    bail!("there is no script of browser-telemetry in {}", folder.display())
}

/// Of one page, in bytes.
#[derive(Debug, PartialEq, Eq)]
struct Sizes {
    wasm: u64,
    wasm_brotli: u64,
    script_brotli: u64,
}

impl Sizes {
    fn of(site: &Path) -> Result<Self> {
        let folder = site.join("pkg");
        let size = |ending: &str| {
            let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
            for entry in entries {
                let entry = entry?;
                if entry.file_name().to_string_lossy().ends_with(ending) {
                    return Ok(entry.metadata()?.len());
                }
            }
            bail!("there is no *{ending} in {}", folder.display())
        };
        Ok(Self {
            wasm: size(".wasm")?,
            wasm_brotli: size(".wasm.br")?,
            script_brotli: size(".js.br")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_found_whatever_the_hash() {
        let site = std::env::temp_dir().join(format!("xtask-bench-{}", std::process::id()));
        let folder = site.join("pkg");
        fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in [
            ("a.Xy.wasm", 5),
            ("a.Xy.wasm.br", 3),
            ("a.Xy.wasm.gz", 4),
            ("a.Z.js.br", 2),
        ] {
            fs::write(folder.join(name), vec![0; bytes]).unwrap();
        }
        let sizes = Sizes::of(&site);
        let missing = Sizes::of(&folder);
        fs::remove_dir_all(&site).unwrap();
        assert_eq!(
            sizes.unwrap(),
            Sizes {
                wasm: 5,
                wasm_brotli: 3,
                script_brotli: 2
            }
        );
        assert!(missing.is_err());
    }
}
