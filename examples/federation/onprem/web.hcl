# web asks api, which its sidecar offers at 127.5.0.20:10000. It knows nothing of datacenters and gateways.

service {
  name    = "web"
  id      = "web-v1"
  address = "127.5.0.20"
  port    = 9090

  check {
    http     = "http://127.5.0.20:9090/health"
    interval = "2s"
  }

  connect {
    sidecar_service {
      port = 21000

      proxy {
        local_service_address = "127.5.0.20"

        upstreams = [
          {
            destination_name   = "api"
            local_bind_address = "127.5.0.20"
            local_bind_port    = 10000
          }
        ]
      }
    }
  }
}
