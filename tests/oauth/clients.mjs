// OAuth clients of npm that are given the issuer's URL, a client's id and secret, and nothing else. Each prints what it
// found, a line for each step; tests/end_to_end/oauth_clients.cpp says what must stand there.
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ASKER_ID, ASKER_SECRET } = process.env;
const issuer = new URL(ISSUER);
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const subject = {
  subject_token: CLIENT_SECRET,
  subject_token_type: 'urn:latchkey:params:oauth:token-type:api_key',
  scope: 'devices:read',
};
const insecure = { [oauth.allowInsecureRequests]: true }; // http, on this machine

function say(...words) {
  console.log(words.join(' '));
}

async function withOauth4webapi(proof) {
  const as = await oauth
    .discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    .then((answer) => oauth.processDiscoveryResponse(issuer, answer));
  const client = { client_id: CLIENT_ID };
  const granted = await oauth
    .clientCredentialsGrantRequest(as, client, proof(CLIENT_SECRET), { resource: 'https://api.example' }, insecure)
    .then((answer) => oauth.processClientCredentialsResponse(as, client, answer));
  say('granted', granted.token_type, granted.scope);

  const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${granted.access_token}` } });
  const claims = await oauth.validateJwtAccessToken(as, request, 'https://api.example', insecure);
  say('validated', claims.sub === CLIENT_ID, claims.aud);

  const asker = { client_id: ASKER_ID };
  const introspect = (token) =>
    oauth
      .introspectionRequest(as, asker, proof(ASKER_SECRET), token, insecure)
      .then((answer) => oauth.processIntrospectionResponse(as, asker, answer));
  const told = await introspect(granted.access_token);
  say('introspected', told.active, told.client_id === CLIENT_ID, told.scope);
  say('introspected a key', (await introspect(CLIENT_SECRET)).active);

  const exchanged = await oauth
    .genericTokenEndpointRequest(as, client, oauth.None(), exchange, subject, insecure)
    .then((answer) => oauth.processGenericTokenEndpointResponse(as, client, answer));
  say('exchanged', exchanged.issued_token_type, exchanged.scope);

  await oauth
    .revocationRequest(as, client, proof(CLIENT_SECRET), granted.access_token, insecure)
    .then(oauth.processRevocationResponse);
  say('revoked', JSON.stringify(await introspect(granted.access_token)));

  try {
    await oauth
      .clientCredentialsGrantRequest(as, client, proof('wrong'), {}, insecure)
      .then((answer) => oauth.processClientCredentialsResponse(as, client, answer));
  } catch (refused) {
    say('refused', refused.status, refused.error ?? (await refused.response.json()).error);
  }
}

async function withOpenidClient() {
  const found = (id, secret) =>
    openid.discovery(issuer, id, secret, undefined, { execute: [openid.allowInsecureRequests] });
  const config = await found(CLIENT_ID, CLIENT_SECRET);
  const granted = await openid.clientCredentialsGrant(config, { scope: 'devices:read' });
  say('granted', granted.token_type, granted.scope);
  const exchanged = await openid.genericGrantRequest(config, exchange, subject);
  say('exchanged', exchanged.issued_token_type, exchanged.scope);
  const asker = await found(ASKER_ID, ASKER_SECRET);
  say('introspected', (await openid.tokenIntrospection(asker, granted.access_token)).active);
  await openid.tokenRevocation(config, granted.access_token);
  say('revoked', JSON.stringify(await openid.tokenIntrospection(asker, granted.access_token)));
  return { token: exchanged.access_token, metadata: config.serverMetadata() };
}

async function withJose({ token, metadata }) {
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const { payload } = await jwtVerify(token, keys, { issuer: metadata.issuer, audience: 'latchkey', typ: 'at+jwt' });
  say('verified', payload.sub === CLIENT_ID, payload.scope);
}

say('oauth4webapi by Basic');
await withOauth4webapi(oauth.ClientSecretBasic);
say('oauth4webapi by body');
await withOauth4webapi(oauth.ClientSecretPost);
say('openid-client');
const made = await withOpenidClient();
say('jose');
await withJose(made);
