// The options every command that talks to an agent has, under the names of Consul's command line.

import { boolFlag, stringFlag } from '../lib/go-flags.ts'

/** How to reach the agent. */
export const clientFlags = {
  'http-addr': stringFlag(
    'The address and port of the agent: host:port, http://host:port, https://host:port or unix:///path. Can also be ' +
      'given in the CONSUL_HTTP_ADDR environment variable. The default is http://127.0.0.1:8500.',
    { placeholder: 'address' },
  ),
  token: stringFlag('ACL token to send. Can also be given in the CONSUL_HTTP_TOKEN environment variable.'),
  'token-file': stringFlag(
    'File that holds the ACL token to send. Can also be given in the CONSUL_HTTP_TOKEN_FILE environment variable.',
    { placeholder: 'file' },
  ),
  'ca-file': stringFlag(
    'CA file to trust for TLS with the agent. Can also be given in the CONSUL_CACERT environment variable.',
    { placeholder: 'file' },
  ),
  'ca-path': stringFlag(
    'Directory of CA files to trust for TLS with the agent. Can also be given in the CONSUL_CAPATH environment variable.',
    { placeholder: 'directory' },
  ),
  'client-cert': stringFlag(
    'Client certificate file for TLS with the agent. Can also be given in the CONSUL_CLIENT_CERT environment variable.',
    { placeholder: 'file' },
  ),
  'client-key': stringFlag(
    'Client key file for TLS with the agent. Can also be given in the CONSUL_CLIENT_KEY environment variable.',
    { placeholder: 'file' },
  ),
  'tls-server-name': stringFlag(
    'Name to send as SNI and to expect in the certificate of the agent. Can also be given in the ' +
      'CONSUL_TLS_SERVER_NAME environment variable.',
    { placeholder: 'name' },
  ),
  namespace: stringFlag('Namespace to act in. Can also be given in the CONSUL_NAMESPACE environment variable.', {
    placeholder: 'name',
  }),
  partition: stringFlag('Partition to act in. Can also be given in the CONSUL_PARTITION environment variable.', {
    placeholder: 'name',
  }),
}

/** Which servers answer. */
export const serverFlags = {
  datacenter: stringFlag('Datacenter to ask; the datacenter of the agent unless given.', { placeholder: 'name' }),
  stale: boolFlag('Let any server answer, not only the leader. Faster, but the answer may be a moment old.'),
}
