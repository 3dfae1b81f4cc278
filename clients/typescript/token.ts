/** How long is an access token still good for? What it says itself, if it is a JSON Web Token. */

/** The claims of RFC 7519, section 4.1, in seconds. */
interface Claims {
  readonly iat?: unknown;
  readonly exp?: unknown;
}

/**
 * In milliseconds; null when the token does not say. Ask only about a token that was accepted just now: when this
 * machine's clock holds it for expired, or for not yet issued, the clock is wrong, and the token is taken for new.
 */
export function lifetimeOf(token: string): number | null {
  const { iat, exp } = claimsOf(token);
  if (typeof exp !== 'number') return null;
  const left = exp * 1000 - Date.now();
  const whole = typeof iat === 'number' ? (exp - iat) * 1000 : left;
  return left > 0 && left <= whole ? left : Math.max(0, whole);
}

function claimsOf(token: string): Claims {
  try {
    const [, payload = ''] = token.split('.');
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) ?? {};
  } catch {
    return {};
  }
}
