// A network between browser and server whose faults a test chooses: delay, a trickling body, an answer that does not come.
//
// It passes bytes on and knows of HTTP only where a request begins, so what the browser measures through it is what it would
// measure through a slow network. Cookies do not know ports, so who signed in at the server is signed in here, too.

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { baseURL } from '../server.js';

/** What the line does to what passes. All of it can be changed while connections are open. */
export interface Conditions {
  /** Milliseconds from the browser to the server. */
  upMs: number;
  /** Milliseconds from the server to the browser. */
  downMs: number;
  /** Cuts each answer's body into so many pieces of about the same length, `gapMs` apart; the head goes with the first. */
  trickle: { pieces: number; gapMs: number } | undefined;
}

/** Answers that have reached the line and stay there. */
interface Hold {
  wanted: (requestLine: string) => boolean;
  arrived: () => void;
  /** Resolves when they may go on. */
  gate: Promise<void>;
  release: () => void;
}

/** A TCP proxy on 127.0.0.1 before the server under test. */
export class Line {
  readonly conditions: Conditions = { upMs: 0, downMs: 0, trickle: undefined };
  private readonly sockets = new Set<Socket>();
  private hold: Hold | undefined;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Line> {
    const line: Line = new Line(createServer((browser) => line.join(browser)));
    await new Promise<void>((listening) => line.server.listen(0, '127.0.0.1', listening));
    return line;
  }

  /** `http://127.0.0.1:port`: where to open the page. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /**
   * Keeps back the answers to the requests whose first line fits, until {@link release}.
   *
   * @param count How many to wait for.
   * @returns Resolves when the server has begun to answer so many of them: those requests have been there.
   */
  holdAnswers(wanted: (requestLine: string) => boolean, count = 1): Promise<void> {
    let release = (): void => {};
    const gate = new Promise<void>((go) => (release = go));
    return new Promise((all) => {
      let missing = count;
      const arrived = (): void => {
        missing -= 1;
        if (missing === 0) {
          all();
        }
      };
      this.hold = { wanted, arrived, gate, release };
    });
  }

  /** Lets the kept answers go, and keeps no more. */
  release(): void {
    this.hold?.release();
    this.hold = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) {
      socket.destroy();
    }
    await new Promise((closed) => this.server.close(closed));
  }

  private join(browser: Socket): void {
    const target = new URL(baseURL);
    const server = connect(Number(target.port || 80), target.hostname);
    let hold: Hold | undefined;
    let up = Promise.resolve();
    let down = Promise.resolve();
    for (const [socket, other] of [
      [browser, server],
      [server, browser],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    browser.on('data', (bytes) => {
      // A browser sends the next request when the last answer is complete: what begins like one is one.
      const requestLine = /^[A-Z]+ \S+ HTTP\/1\.1\r\n/.exec(bytes.subarray(0, 2048).toString('latin1'))?.[0];
      if (requestLine) {
        hold = this.hold?.wanted(requestLine) ? this.hold : undefined;
      }
      const due = after(this.conditions.upMs);
      up = up.then(() => due).then(() => write(server, bytes));
    });
    server.on('data', (bytes) => {
      const gate = hold?.gate;
      if (bytes.subarray(0, 5).toString('latin1') === 'HTTP/') {
        hold?.arrived();
      }
      const { trickle, downMs } = this.conditions;
      const due = after(downMs);
      down = down
        .then(() => gate)
        .then(() => due)
        .then(async () => {
          const parts = trickle ? pieces(bytes, trickle.pieces) : [bytes];
          for (const [index, part] of parts.entries()) {
            await after(index > 0 && trickle ? trickle.gapMs : 0);
            write(browser, part);
          }
        });
    });
  }
}

function write(socket: Socket, bytes: Buffer): void {
  if (!socket.destroyed) {
    socket.write(bytes);
  }
}

function after(milliseconds: number): Promise<void> {
  return milliseconds === 0 ? Promise.resolve() : new Promise((due) => setTimeout(due, milliseconds));
}

/** The head of an answer with the first piece of its body, and the other pieces. What has no head is cut up as it is. */
function pieces(bytes: Buffer, count: number): Buffer[] {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.subarray(0, 5).toString('latin1') === 'HTTP/' && end >= 0 ? end + 4 : 0;
  const length = Math.max(1, Math.ceil((bytes.length - head) / count));
  const parts = [bytes.subarray(0, head + length)];
  for (let at = head + length; at < bytes.length; at += length) {
    parts.push(bytes.subarray(at, at + length));
  }
  return parts;
}
