/** What does a person see who signs in for development? Whole pages, without script or anything from elsewhere. */
import type { Persona } from './persona.ts';

export interface SignInPage {
  readonly personas: readonly Persona[];
  /** Only with several factors: the client asked for a step-up. */
  readonly stepUp: boolean;
  /** Why the last attempt did not count; null at the first. */
  readonly problem: string | null;
}

/** The names of the two buttons; the value of either is the persona's login name. */
export const SIGN_IN = 'signIn';
export const SIGN_IN_WITH_MFA = 'signInWithMfa';

export function renderSignInPage({ personas, stepUp, problem }: SignInPage): string {
  const title = stepUp ? 'Confirm it is you' : 'Sign in to Portcullis';
  const introduction = stepUp
    ? 'The application asks for a sign-in with several factors. Nothing is really asked of you here: this is the development issuer.'
    : 'This is the development issuer: choose who you are, no password is needed.';
  return page(
    title,
    `<p>${introduction}</p>
${problem === null ? '' : `<p role="alert">${inHtml(problem)}</p>`}
<form method="post">
<ul>
${personas.map((persona) => renderPersona(persona, stepUp)).join('\n')}
</ul>
</form>`,
  );
}

export function renderProblemPage(title: string, explanation: string): string {
  return page(title, `<p role="alert">${inHtml(explanation)}</p>`);
}

function renderPersona(persona: Persona, stepUp: boolean): string {
  const button = (field: string, label: string) =>
    `<button name="${field}" value="${inHtml(persona.name)}" aria-label="${label} as ${inHtml(persona.displayName)}">${label}</button>`;
  return `<li>
<h2>${inHtml(persona.displayName)}</h2>
<p>${inHtml(persona.description)}</p>
${stepUp ? '' : button(SIGN_IN, 'Sign in')}
${button(SIGN_IN_WITH_MFA, 'Sign in with MFA')}
</li>`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${inHtml(title)}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
ul { list-style: none; padding: 0; }
li { border-top: 1px solid GrayText; padding: 0.75rem 0; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.1rem; margin: 0; }
li p { margin: 0 0 0.5rem; }
button { font: inherit; padding: 0.25rem 0.75rem; margin-right: 0.5rem; }
[role="alert"] { border-left: 4px solid; padding-left: 0.75rem; font-weight: bold; }
</style>
</head>
<body>
<main>
<h1>${inHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

function inHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
