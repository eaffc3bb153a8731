// The entry of the `isthmus` binary.
import manifest from '../package.json' with { type: 'json' }

if (process.argv[2] === 'version') console.log(`Isthmus v${manifest.version}`)
