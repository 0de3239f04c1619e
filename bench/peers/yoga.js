// GraphQL Yoga with graphql-ws on ws, as their documentation shows, and DataLoader.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import DataLoader from 'dataloader'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { authenticate, findGallery, findMedia, findOwners, newMessage, posted, scalars } from './site.js'

const pubSub = createPubSub()

const resolvers = {
  ...scalars,
  Query: {
    gallery: (_, { by }, { claims }) => findGallery(claims, by.externalId),
  },
  Gallery: {
    media: (gallery, { first }) => findMedia(gallery, first ?? 25),
  },
  Media: {
    owner: (medium, _, { owners }) => owners.load(medium.ownerId),
  },
  Mutation: {
    postMessage: (_, { input }, { claims }) => {
      const event = newMessage(input.text, claims)
      pubSub.publish('chat', input.roomId, event)
      return posted(event)
    },
  },
  Subscription: {
    chat: {
      subscribe: (_, { roomId }) => pubSub.subscribe('chat', roomId),
      resolve: (event) => event,
    },
  },
}

const yoga = createYoga({
  schema: createSchema({ typeDefs: readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8'), resolvers }),
  context: ({ request, connectionParams }) => ({
    claims: authenticate(connectionParams?.Authorization ?? request.headers.get('authorization')),
    owners: new DataLoader(findOwners),
  }),
  graphiql: false,
  logging: false,
})

const server = createServer(yoga)
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint })

useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onConnect: ({ connectionParams }) => Boolean(authenticate(connectionParams.Authorization)),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      })
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
      const errors = validate(args.schema, args.document)
      return errors.length ? errors : args
    },
  },
  sockets,
)

server.listen(Number(process.env.PORT), '127.0.0.1')
