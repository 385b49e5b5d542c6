import fs from 'node:fs';
import { findSourceMap, type SourceMap } from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Mappings } from './mappings.js';

/** Where a function stands in the source, counted from 1, and what it is called there. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Undefined where the map does not say. */
  readonly name: string | undefined;
}

/** A map, whoever has decoded it. */
interface SourceMapReader {
  /** What a script has at a line and a column, counted from 0. */
  find(line: number, column: number): (SourcePlace & { readonly scriptColumn: number }) | undefined;
}

/** Larger scripts and maps are not read. */
const MAX_BYTES = 8 * 1024 * 1024;
/** So many scripts are remembered. */
const MAX_SCRIPTS = 2000;
/** The sources of packages are seldom there: reading their maps would cost the start of a program. */
const IS_PACKAGE = /[\\/]node_modules[\\/]/;

/** As they were before the source `fs` records calls of the program's. */
const { readFileSync, statSync } = fs;

/** Finds places in the sources of scripts that were compiled, by the maps that compilers leave. */
export class SourceMaps {
  readonly #known = new Map<string, SourceMapReader | undefined>();

  /**
   * Where the function stands that a script has at a line and a column, counted from 0. Undefined where
   * there is no map.
   */
  find(
    file: string,
    lineNumber: number,
    columnNumber: number,
    functionName: string,
  ): SourcePlace | undefined {
    if (!isAbsolute(file) || IS_PACKAGE.test(file)) return undefined;
    const reader = this.#of(file);
    const place = reader?.find(lineNumber, columnNumber);
    if (place === undefined) return undefined;
    // The place of a function is that of its parameters. Its name stands right before.
    const nameColumn = columnNumber - functionName.length;
    const before = reader?.find(lineNumber, nameColumn);
    const name = before?.scriptColumn === nameColumn ? before.name : undefined;
    return { file: place.file, line: place.line, column: place.column, name };
  }

  #of(file: string): SourceMapReader | undefined {
    if (this.#known.has(file)) return this.#known.get(file);
    if (this.#known.size >= MAX_SCRIPTS) this.#known.clear();
    const reader = open(file);
    this.#known.set(file, reader);
    return reader;
  }
}

/** Undefined where a script has no map, or one that cannot be read. */
function open(file: string): SourceMapReader | undefined {
  try {
    const scriptUrl = pathToFileURL(file);
    // Where a loader compiles scripts as they are loaded, only Node has their maps, if it was told to
    // keep them (--enable-source-maps).
    const kept = findSourceMap(file) ?? findSourceMap(scriptUrl.href);
    if (kept !== undefined) return keptByNode(kept, scriptUrl);
    const url = mapUrl(readText(file), scriptUrl);
    if (url === undefined) return undefined;
    return decoded(JSON.parse(readMap(url)), url.protocol === 'data:' ? scriptUrl : url);
  } catch {
    return undefined;
  }
}

function keptByNode(map: SourceMap, base: URL): SourceMapReader {
  return {
    find(line, column) {
      const entry = map.findEntry(line, column);
      if (!('originalSource' in entry) || entry.generatedLine !== line) return undefined;
      return {
        scriptColumn: entry.generatedColumn,
        file: sourcePath(entry.originalSource, base),
        line: entry.originalLine + 1,
        column: entry.originalColumn + 1,
        // The types of Node leave it out.
        name: (entry as { name?: string }).name || undefined,
      };
    },
  };
}

/** What is used of a map, which may be anything. */
interface SourceMapJson {
  readonly mappings: string;
  readonly sources: readonly string[];
  readonly sourceRoot?: string;
  readonly names?: readonly string[];
}

function decoded(json: SourceMapJson, base: URL): SourceMapReader {
  const { sources, sourceRoot = '', names = [] } = json;
  const mappings = new Mappings(json.mappings);
  const root = sourceRoot === '' || sourceRoot.endsWith('/') ? sourceRoot : `${sourceRoot}/`;
  const files = sources.map((source) => sourcePath(`${root}${source}`, base));
  return {
    find(line, column) {
      const found = mappings.find(line, column);
      const file = files[found?.source ?? -1];
      if (found === undefined || file === undefined) return undefined;
      return {
        scriptColumn: found.scriptColumn,
        file,
        line: found.line + 1,
        column: found.column + 1,
        name: found.name === undefined ? undefined : names[found.name],
      };
    },
  };
}

/** What the last such comment of a script names. */
function mapUrl(text: string, scriptUrl: URL): URL | undefined {
  const mark = '//# sourceMappingURL=';
  const at = text.lastIndexOf(mark);
  if (at < 0) return undefined;
  const [url = ''] = text.slice(at + mark.length).split(/\s/, 1);
  return new URL(url, scriptUrl);
}

function readMap(url: URL): string {
  if (url.protocol !== 'data:') return readText(fileURLToPath(url));
  const { href } = url;
  const comma = href.indexOf(',');
  const data = href.slice(comma + 1);
  return href.slice(0, comma).endsWith(';base64')
    ? Buffer.from(data, 'base64').toString('utf8')
    : decodeURIComponent(data);
}

function readText(path: string): string {
  const { size } = statSync(path);
  if (size > MAX_BYTES) throw new Error(`${path} is too large.`);
  return readFileSync(path, 'utf8');
}

/** A path where the source is a file. Bundlers name theirs by URLs that nothing can be found by. */
function sourcePath(source: string, base: URL): string {
  const url = new URL(source, base);
  return url.protocol === 'file:' ? fileURLToPath(url) : source;
}
