// Drives the stock Node client against a registry: one JSON document on standard output says what came of each step.
// Called as: node drive.js URL USER SECRET
const { SchemaRegistry, SchemaType, COMPATIBILITY } = require('@kafkajs/confluent-schema-registry')

const AVRO = { type: 'record', namespace: 'vn.test', name: 'Person', fields: [{ name: 'name', type: 'string' }] }
const LONGER = { ...AVRO, fields: [...AVRO.fields, { name: 'age', type: 'int', default: 0 }] }
const OTHER = { ...AVRO, fields: [{ name: 'number', type: 'long' }] }
const JSON_SCHEMA = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const HOUSE = {
  $id: 'https://example.vn/house.json', type: 'object', properties: { owner: { $ref: 'https://example.vn/owner.json' } },
}
const OWNER = { $id: 'https://example.vn/owner.json', type: 'object', properties: { name: { type: 'string' } } }

async function main([host, username, password]) {
  const registry = new SchemaRegistry({ host, auth: { username, password }, retry: { retries: 0 } })
  const said = {}
  const failure = async work => { try { await work(); return 'none' } catch (e) { return `${e.name}: ${e.message}` } }

  const { id } = await registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(AVRO) }, { subject: 'kj-avro' })
  said.again = (await registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(AVRO) }, { subject: 'kj-avro' })).id === id
  said.bySchema = (await registry.getRegistryIdBySchema('kj-avro', { type: SchemaType.AVRO, schema: JSON.stringify(AVRO) })) === id
  const data = await registry.encode(id, { name: 'Nguyễn Thị An' })
  said.front = [data[0], data.readInt32BE(1) === id]
  said.decoded = await registry.decode(data)
  const longer = await registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(LONGER) }, { subject: 'kj-avro' })
  said.latest = (await registry.getLatestSchemaId('kj-avro')) === longer.id
  said.first = (await registry.getRegistryId('kj-avro', 1)) === id
  said.incompatible = await failure(() => registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(OTHER) }, { subject: 'kj-avro' }))
  said.full = (await registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(AVRO) }, { subject: 'kj-full', compatibility: COMPATIBILITY.FULL })).id === id
  said.changed = await failure(() => registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(AVRO) }, { subject: 'kj-full', compatibility: COMPATIBILITY.NONE }))

  const json = await registry.register({ type: SchemaType.JSON, schema: JSON.stringify(JSON_SCHEMA) }, { subject: 'kj-json' })
  said.json = await registry.decode(await registry.encode(json.id, { name: 'An' }))
  said.invalid = await failure(() => registry.encode(json.id, { name: 5 }))
  await registry.register({ type: SchemaType.JSON, schema: JSON.stringify(OWNER) }, { subject: 'kj-owner' })
  const references = [{ name: OWNER.$id, subject: 'kj-owner', version: 1 }]
  const house = await registry.register({ type: SchemaType.JSON, schema: JSON.stringify(HOUSE), references }, { subject: 'kj-house' })
  said.house = await registry.decode(await registry.encode(house.id, { owner: { name: 'An' } }))
  said.unknown = await failure(() => new SchemaRegistry({ host, auth: { username, password }, retry: { retries: 0 } }).getLatestSchemaId('kj-none'))
  console.log(JSON.stringify(said))
}

main(process.argv.slice(2)).catch(error => { console.error(error); process.exit(1) })
