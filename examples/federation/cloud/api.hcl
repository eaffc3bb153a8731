service {
  name    = "api"
  id      = "api-v1"
  address = "127.6.0.20"
  port    = 9090

  check {
    http     = "http://127.6.0.20:9090/health"
    interval = "2s"
  }

  connect {
    sidecar_service {
      port = 21000

      proxy {
        local_service_address = "127.6.0.20"
      }
    }
  }
}
