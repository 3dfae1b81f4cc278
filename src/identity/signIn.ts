/** Who signs in, and how strongly? The one question the development issuer asks a person: GET shows it, POST answers it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type InteractionResults, type Provider } from 'oidc-provider';
import { contextsIn } from './assurance.ts';
import { MULTI_FACTOR, type Persona, SINGLE_FACTOR } from './persona.ts';
import { renderProblemPage, renderSignInPage, SIGN_IN, SIGN_IN_WITH_MFA } from './signInPage.ts';

/** More than two fields ever need. */
const LARGEST_FORM_BYTES = 4096;

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** Which personas to offer, and whether a password alone will do. */
interface Question {
  readonly personas: readonly Persona[];
  readonly stepUp: boolean;
  readonly contexts: readonly string[];
}

export function signInHandler(provider: Provider, users: readonly Persona[]) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await answerSignIn({ provider, users, req, res });
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      const explanation = 'Go back to the application and start signing in again.';
      sendPage(res, 400, renderProblemPage('This sign-in is over', explanation));
    }
  };
}

/** No script, no frame, nothing from elsewhere; never kept, because the answer belongs to one attempt. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

export function sendPage(res: ServerResponse, status: number, html: string): void {
  res.writeHead(status, PAGE_HEADERS).end(html);
}

interface Visit {
  readonly provider: Provider;
  readonly users: readonly Persona[];
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

async function answerSignIn({ provider, users, req, res }: Visit): Promise<void> {
  const interaction = await provider.interactionDetails(req, res);
  // A client that asks for `prompt=consent` (to be given a refresh token) has it without a question.
  if (interaction.prompt.name === 'consent') return provider.interactionFinished(req, res, { consent: {} });
  const question = questionOf(interaction, users);
  if (req.method !== 'POST') return sendPage(res, 200, renderSignInPage({ ...question, problem: null }));
  const answer = answerOf(await readForm(req), question);
  if (typeof answer === 'string') return sendPage(res, 400, renderSignInPage({ ...question, problem: answer }));
  return provider.interactionFinished(req, res, answer);
}

/** A context, multi-factor or a fresh proof (`max_age`) was asked for: then a password will not do. */
function questionOf({ prompt, session }: Interaction, users: readonly Persona[]): Question {
  const assurance = (prompt.details.assurance ?? []) as string[];
  const stepUp = assurance.length > 0 || prompt.details.max_age !== undefined;
  const sameUser = stepUp && session && !prompt.reasons.includes('login_prompt');
  return {
    personas: sameUser ? users.filter(({ objectId }) => objectId === session.accountId) : users,
    stepUp,
    contexts: contextsIn(assurance),
  };
}

/** The result for oidc-provider, or the sentence to show above the same question. */
function answerOf(form: URLSearchParams, { personas, stepUp, contexts }: Question): InteractionResults | string {
  const multiFactor = form.has(SIGN_IN_WITH_MFA);
  const name = form.get(multiFactor ? SIGN_IN_WITH_MFA : SIGN_IN);
  const persona = personas.find((candidate) => candidate.name === name);
  if (!persona) return 'Nobody of that name can sign in here: choose one of the list.';
  if (stepUp && !multiFactor) return 'The application asks for several factors: sign in with MFA.';
  return {
    login: {
      accountId: persona.objectId,
      amr: multiFactor ? MULTI_FACTOR : SINGLE_FACTOR,
      ...(contexts.length > 0 && { acr: contexts.join(' ') }),
    },
    consent: {},
  };
}

async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += chunk;
    if (text.length > LARGEST_FORM_BYTES) return new URLSearchParams();
  }
  return new URLSearchParams(text);
}
