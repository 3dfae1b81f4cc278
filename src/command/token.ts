/** How does a script sign in for development? With a token signed by the development issuer's own key. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PERSONAS } from '../company/personas.ts';
import { type Config, SettingError } from '../config.ts';
import { loadDevelopmentKeys, signDevelopmentToken } from '../identity/developmentKeys.ts';

/** In the data folder while a gateway runs: where it is reached. */
export const RUNNING_FILE = 'running.json';

export interface TokenOptions {
  readonly persona: string;
  readonly multiFactor: boolean;
  /** `c1` … `c99`. */
  readonly authenticationContexts: readonly string[];
}

/** @throws SettingError for an unknown persona or context, and wherever the development issuer does not exist */
export async function developmentToken(config: Config, options: TokenOptions): Promise<string> {
  if (config.issuer || config.production) {
    throw new SettingError(
      'There are no development tokens beside OIDC_ISSUER or in production mode: ask your issuer for one.',
    );
  }
  const persona = PERSONAS.find(({ name }) => name === options.persona);
  if (!persona) {
    throw new SettingError(
      `Nobody is called ${JSON.stringify(options.persona)}: give one of ${PERSONAS.map(({ name }) => name).join(', ')}.`,
    );
  }
  for (const context of options.authenticationContexts) {
    if (!/^c[1-9]\d?$/.test(context)) {
      throw new SettingError(`--context is ${JSON.stringify(context)}: give an authentication context from c1 to c99.`);
    }
  }
  return signDevelopmentToken(await loadDevelopmentKeys(config.dataFolder), {
    issuer: `${await publicUrl(config)}/identity`,
    persona,
    multiFactor: options.multiFactor,
    authenticationContexts: options.authenticationContexts,
  });
}

/** Of the gateway that runs on this data folder, which may have been told another port; otherwise as configured. */
async function publicUrl(config: Config): Promise<string> {
  const note = await readFile(path.join(config.dataFolder, RUNNING_FILE), 'utf8').catch(() => null);
  return note === null ? config.publicUrl : (JSON.parse(note) as { publicUrl: string }).publicUrl;
}
