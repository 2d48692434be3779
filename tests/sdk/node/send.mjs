// What an integrator's program does with Segment's Node SDK; run by the tests with the folder of the installed SDK.
// Arguments: folder, host, write key, scenario. The last line of the output is JSON: what the SDK reported as errors.
import { createRequire } from 'node:module'
const [folder, host, writeKey, scenario] = process.argv.slice(2)
const { Analytics } = createRequire(folder + '/')('@segment/analytics-node')
const errors = []
const analytics = new Analytics({ writeKey, host, flushAt: scenario === 'limited' ? 1 : 15, flushInterval: 200 })
analytics.on('error', (error) => errors.push(String(error.code) + ': ' + String(error.reason?.message ?? error.reason)))
if (scenario === 'all') {
  analytics.identify({ userId: 'u-1', traits: { name: 'Ada Byron', email: 'ada@northwind.example', title: 'CTO' } })
  analytics.group({ userId: 'u-1', groupId: 'A-1', traits: { name: 'Northwind', industry: 'Freight', employees: 250, plan: 'gold' } })
  analytics.track({ userId: 'u-1', event: 'Report exported', properties: { quantity: 3, format: 'pdf' } })
  analytics.track({ userId: 'u-1', event: 'Report exported', properties: { value: 2.5 }, context: { groupId: 'A-1' } })
  analytics.track({ userId: 'u-1', event: 'Imported history', timestamp: new Date('2026-03-01T12:30:00Z') })
  analytics.page({ userId: 'u-1', category: 'Docs', name: 'Index', properties: { url: 'https://northwind.example/docs' } })
  analytics.screen({ userId: 'u-1', name: 'Home' })
  analytics.alias({ userId: 'u-1', previousId: 'u-0' })
} else {
  for (let n = 0; n < 3; n++) {
    analytics.track({ userId: 'u-1', event: `Step ${n}`, context: { groupId: 'A-1' } })
  }
}
await analytics.closeAndFlush()
console.log(JSON.stringify(errors))
