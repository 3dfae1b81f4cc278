/** As whom does a test act? As a principal with a fresh token, with or without a second factor. */
import { processNow } from '../../src/clock.ts';
import { viewerOf } from '../../src/identity/viewer.ts';
import { createViewerReader } from '../../src/server/viewers.ts';
import type { Database } from '../../src/store/database.ts';

export async function contextOf(database: Database, principalId: string, secondFactor = true) {
  const now = processNow();
  const { viewer } = await viewerOf(createViewerReader(database), {
    objectId: principalId,
    appOnly: false,
    appPermissions: [],
    authenticatedAt: now,
    multiFactorAt: secondFactor ? now : null,
    authenticationContexts: [],
    expiresAt: new Date(now.getTime() + 3_600_000),
  });
  return { database, viewer };
}
