// Mercurius on Fastify, as its documentation shows: JIT, loaders, and subscriptions through its own emitter.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { authenticate, findGallery, findMedia, findOwners, newMessage, posted, scalars } from './site.js'

const app = Fastify()

const resolvers = {
  ...scalars,
  Query: {
    gallery: (_, { by }, { claims }) => findGallery(claims, by.externalId),
  },
  Gallery: {
    media: (gallery, { first }) => findMedia(gallery, first ?? 25),
  },
  Mutation: {
    postMessage: async (_, { input }, { claims, pubsub }) => {
      const event = newMessage(input.text, claims)
      await pubsub.publish({ topic: `chat:${input.roomId}`, payload: { chat: event } })
      return posted(event)
    },
  },
  Subscription: {
    chat: { subscribe: (_, { roomId }, { pubsub }) => pubsub.subscribe(`chat:${roomId}`) },
  },
  ChatEvent: { resolveType: (event) => event.__typename },
  MessageEvent: { resolveType: (event) => event.__typename },
}

const loaders = {
  Media: {
    owner: (queries) => findOwners(queries.map(({ obj }) => obj.ownerId)),
  },
}

app.register(mercurius, {
  schema: readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8'),
  resolvers,
  loaders,
  jit: 1,
  context: (request) => ({ claims: authenticate(request.headers.authorization) }),
  subscription: {
    onConnect: ({ payload }) => ({ claims: authenticate(payload.Authorization) }),
  },
})

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
