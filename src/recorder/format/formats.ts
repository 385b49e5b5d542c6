import { ChromeJson } from './chrome-json.js';
import type { FormatSetup, TraceFormat } from './format.js';
import type { Framing } from './framing.js';
import { IdTexts } from './id-texts.js';
import { jsonFraming } from './json-framing.js';
import { packetFraming } from './perfetto/packets.js';
import { Perfetto } from './perfetto/perfetto.js';

/** By what the option `format` says. */
export type FormatName = 'json' | 'perfetto';

export function createFormat(name: FormatName, setup: FormatSetup): TraceFormat {
  if (name === 'perfetto') return new Perfetto(setup);
  const { pid, run, start } = setup;
  const offset = start.clock === 'epoch' ? start.wallMicroseconds : 0;
  return new ChromeJson(new IdTexts(pid, run), offset);
}

export function framingOf(name: FormatName): Framing {
  return name === 'perfetto' ? packetFraming : jsonFraming;
}
