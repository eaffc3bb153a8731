import { defineRow } from '../row.ts'
import { Sidecars } from '../scenes/sidecars.ts'

export const connect = defineRow({
  name: 'connect',
  how: '1,000 registered sidecars connect at once; each gets its clusters, the endpoints of its 5 upstreams and its listeners',
  metrics: {
    'last has its configuration': { unit: 's', better: 'lower', goal: 1 },
    'server CPU': { unit: 's', better: 'lower' },
    'memory per proxy': { unit: 'MB', better: 'lower', goal: 0.1 },
    'memory with all connected': { unit: 'MB', better: 'lower' },
  },
  async run(bench) {
    const scene = await Sidecars.of(bench)
    const { reached, startedAt, cpuMs, memoryMb } = await scene.connected()
    return {
      'last has its configuration': (reached.lastAt - startedAt) / 1000,
      'server CPU': cpuMs / 1000,
      'memory per proxy': memoryMb / scene.count,
      'memory with all connected': scene.target.residentMb(),
    }
  },
})
