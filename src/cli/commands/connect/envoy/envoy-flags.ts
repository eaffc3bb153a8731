// The options of `connect envoy`, under the names and with the defaults of Consul's command.

import { boolFlag, choiceFlag, intFlag, listFlag, stringFlag } from '../../../../lib/go-flags.ts'

/** Kinds of gateways, as -gateway names them. */
export const GATEWAYS = ['mesh', 'terminating', 'ingress', 'api'] as const

export type Gateway = (typeof GATEWAYS)[number]

export const ADMIN_BIND = 'localhost:19000'

const selection = {
  'proxy-id': stringFlag('ID of the proxy, as registered. Can also be given in CONNECT_PROXY_ID.', {
    placeholder: 'id',
  }),
  'sidecar-for': stringFlag(
    'ID of a service: run the one sidecar that is registered for it. Can also be given in CONNECT_SIDECAR_FOR.',
    { placeholder: 'id' },
  ),
  gateway: choiceFlag('Run a gateway of this kind.', ['', ...GATEWAYS], ''),
  'mesh-gateway': boolFlag('The same as -gateway=mesh.'),
  'node-name': stringFlag('Catalog node of a proxy that is not registered with the agent.', { placeholder: 'name' }),
}

const registration = {
  register: boolFlag('Register the gateway with the agent first. Needs -address.'),
  service: stringFlag('With -register, the name of the gateway; by default its kind, such as mesh-gateway.', {
    placeholder: 'name',
  }),
  address: stringFlag('With -register, the address inside the datacenter, as ip:port; the port is 8443 unless given.', {
    placeholder: 'ip:port',
  }),
  'wan-address': stringFlag('With -register, the address that other datacenters dial, as ip:port.', {
    placeholder: 'ip:port',
  }),
  'bind-address': listFlag(
    'With -register, where the gateway listens in place of its addresses. May be given several times.',
    'name=ip:port',
  ),
  'expose-servers': boolFlag('With -register, let servers of other datacenters reach ours through this mesh gateway.'),
  'deregister-after-critical': stringFlag(
    'With -register, how long the gateway may be critical before it is deregistered.',
    { placeholder: 'duration', initial: '6h' },
  ),
  'envoy-ready-bind-address': stringFlag('Address on which Envoy serves /ready.', { placeholder: 'ip' }),
  'envoy-ready-bind-port': intFlag('Port on which Envoy serves /ready.', { min: 1, max: 65535 }),
}

const process = {
  bootstrap: boolFlag("Print Envoy's bootstrap configuration and exit."),
  'envoy-binary': stringFlag('The Envoy to run; by default $ENVOY_BIN, else envoy on PATH.', { placeholder: 'file' }),
  'envoy-version': stringFlag('Accepted for compatibility; has no effect.', { placeholder: 'version' }),
  'ignore-envoy-compatibility': boolFlag('Run Envoy even when it is too old or does not tell its version.'),
  'enable-config-gen-logging': boolFlag('Print to stderr what the configuration was made from.'),
}

const configuration = {
  'admin-bind': stringFlag("Where Envoy's admin interface listens.", {
    placeholder: 'address:port',
    initial: ADMIN_BIND,
  }),
  'admin-access-log-path': stringFlag("Access log of Envoy's admin interface.", {
    placeholder: 'file',
    initial: '/dev/null',
  }),
  'grpc-addr': stringFlag(
    'Where the agent serves xDS: host:port, https://host:port or unix:///path. Can also be given in CONSUL_GRPC_ADDR. ' +
      'By default the agent is asked for its port.',
    { placeholder: 'address' },
  ),
  'grpc-ca-file': stringFlag('CA file to trust for xDS. Can also be given in CONSUL_GRPC_CACERT.', {
    placeholder: 'file',
  }),
  'grpc-ca-path': stringFlag('Directory of CA files to trust for xDS. Can also be given in CONSUL_GRPC_CAPATH.', {
    placeholder: 'directory',
  }),
  'no-central-config': boolFlag('Use the registration as it is, without proxy-defaults and service-defaults.'),
  'omit-deprecated-tags': boolFlag('Leave out statistics tags that only old dashboards use.'),
  'prometheus-backend-port': intFlag('Local port that serves merged metrics in place of Envoy itself.', {
    min: 1,
    max: 65535,
  }),
  'prometheus-scrape-path': stringFlag('Path of the metrics listener.', { placeholder: 'path', initial: '/metrics' }),
  'prometheus-ca-file': stringFlag('CA file for TLS of the metrics listener.', { placeholder: 'file' }),
  'prometheus-ca-path': stringFlag('Directory of CA files for TLS of the metrics listener.', {
    placeholder: 'directory',
  }),
  'prometheus-cert-file': stringFlag('Certificate file for TLS of the metrics listener.', { placeholder: 'file' }),
  'prometheus-key-file': stringFlag('Key file for TLS of the metrics listener.', { placeholder: 'file' }),
}

export const envoyFlags = { ...selection, ...registration, ...process, ...configuration }
