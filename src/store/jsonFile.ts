/** What does a JSON file hold, and on which line does a value stand? */
import { readFile } from 'node:fs/promises';
import { printParseErrorCode, visit } from 'jsonc-parser';
import { SettingError } from '../config.ts';

export interface JsonFile {
  readonly value: unknown;
  /** The lines, counted from 1, of the values at the paths. */
  linesOf(paths: readonly (readonly (string | number)[])[]): (number | undefined)[];
}

/** @throws SettingError in one sentence when the file cannot be read, or with line and column when it is not JSON */
export async function readJsonFile(file: string): Promise<JsonFile> {
  const text = await readText(file);
  try {
    return { value: JSON.parse(text), linesOf: (paths) => linesOf(text, paths) };
  } catch (error) {
    throw new SettingError(`${file} is not JSON: ${fault(text) ?? (error as Error).message}.`);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new SettingError(`${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}.`);
  }
}

/** The parser of the engine is strict and fast, but does not always say where it stopped; the other one does. */
function fault(text: string): string | null {
  let first: string | null = null;
  const onError = (code: number, line: number, column: number) => {
    first ??= `${printParseErrorCode(code)} at line ${line + 1}, column ${column + 1}`;
  };
  try {
    const options = { disallowComments: true, allowTrailingComma: false };
    visit(text, { onError: (code, _offset, _length, line, column) => onError(code, line, column) }, options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return 'it is nested too deeply';
  }
  return first;
}

function linesOf(text: string, paths: readonly (readonly (string | number)[])[]): (number | undefined)[] {
  const wanted = new Map(paths.map((path) => [JSON.stringify(path), undefined as number | undefined]));
  const found = (line: number, path: () => (string | number)[]) => {
    const key = JSON.stringify(path());
    if (wanted.has(key)) wanted.set(key, line + 1);
  };
  visit(text, {
    onObjectBegin: (_offset, _length, line, _column, path) => found(line, path),
    onArrayBegin: (_offset, _length, line, _column, path) => found(line, path),
    onLiteralValue: (_value, _offset, _length, line, _column, path) => found(line, path),
  });
  return paths.map((path) => wanted.get(JSON.stringify(path)));
}
