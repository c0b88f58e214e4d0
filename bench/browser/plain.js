// The page without telemetry that the other SDKs are held against.

import { start } from './buttons.js';

start();
