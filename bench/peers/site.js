// What both peers on Node.js have in common: tokens, ids, the database, and a new chat message.
import { randomBytes, randomUUID } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import { GraphQLScalarType } from 'graphql'
import pg from 'pg'

const { DATABASE_URL, JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE } = process.env

const verify = createVerifier({ key: JWT_SECRET, algorithms: ['HS256'], allowedIss: JWT_ISSUER, allowedAud: JWT_AUDIENCE })

// Returns the claims of a bearer token. Throws if it is not valid.
export const authenticate = (authorization) => verify(String(authorization).replace(/^Bearer /, ''))

export const globalId = (kind, uuid) =>
  Buffer.concat([Buffer.from(`${kind}:`), Buffer.from(uuid.replaceAll('-', ''), 'hex')]).toString('base64url')

const written = (date) => date.toISOString().replace('.000Z', '+00:00').replace(/(\.\d{3})Z$/, '$1000+00:00')

export const scalars = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: written }),
  EventCursor: new GraphQLScalarType({ name: 'EventCursor' }),
}

export const newMessage = (text, claims) => {
  const now = new Date()
  return {
    __typename: 'MessagePosted',
    cursor: randomBytes(36).toString('base64url'),
    occurredAt: now,
    message: {
      id: globalId('ChatMessage', randomUUID()),
      text,
      authorName: claims.name,
      authorRoles: ['ATTENDEE'],
      sentAt: now,
      editedAt: null,
      deletedAt: null,
    },
  }
}

export const posted = (event) => ({ message: event.message, cursor: event.cursor, userErrors: [] })

// ----------------------------------------------------------------------------------------------- the gallery page

const pool = DATABASE_URL.startsWith('postgres') ? new pg.Pool({ connectionString: DATABASE_URL, max: 10 }) : null

const GALLERY = {
  name: 'gallery',
  text: `SELECT g.id, g.title, v.id AS viewer, held.role
    FROM galleries g CROSS JOIN (SELECT id FROM users WHERE issuer = $1 AND subject = $2 AND suspended_at IS NULL) v
    JOIN LATERAL (
      SELECT role FROM memberships WHERE gallery_id = g.id AND user_id = v.id
      UNION ALL
      SELECT role FROM memberships JOIN group_members USING (group_id)
      WHERE gallery_id = g.id AND group_members.user_id = v.id
    ) held ON true
    WHERE g.external_id = $3`,
}
const MEDIA = {
  name: 'media',
  text: `SELECT id, title, status, duration_seconds, tags, created_at, owner_id FROM media
    WHERE gallery_id = $1 AND (status = 'PUBLISHED' OR owner_id = $2 OR $3)
    ORDER BY created_at DESC, id DESC LIMIT $4`,
}
const OWNERS = { name: 'owners', text: 'SELECT id, name FROM users WHERE id = ANY($1)' }
const HIGHEST_FIRST = ['MANAGER', 'MODERATOR', 'CONTRIBUTOR', 'MEMBER']

// Returns the gallery with the viewer's role, or null if the viewer is not a member.
export const findGallery = async (claims, externalId) => {
  const { rows } = await pool.query({ ...GALLERY, values: [claims.iss, claims.sub, externalId] })
  if (rows.length === 0) return null
  const role = HIGHEST_FIRST.find((each) => rows.some((row) => row.role === each))
  const [{ id, title, viewer }] = rows
  return { id: globalId('Gallery', id), title, viewerRole: role, key: id, viewer, reviews: ['MANAGER', 'MODERATOR'].includes(role) }
}

export const findMedia = async (gallery, first) => {
  const values = [gallery.key, gallery.viewer, gallery.reviews, first + 1]
  const { rows } = await pool.query({ ...MEDIA, values })
  const edges = rows.slice(0, first).map((row) => ({ node: medium(row), cursor: cursorOf(row) }))
  return { edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } }
}

const medium = (row) => ({
  id: globalId('Media', row.id),
  title: row.title,
  status: row.status,
  durationSeconds: row.duration_seconds,
  tags: row.tags,
  createdAt: row.created_at,
  ownerId: row.owner_id,
})

const cursorOf = (row) => Buffer.from(JSON.stringify([written(row.created_at), row.id])).toString('base64url')

// Returns the owners in the order of the ids.
export const findOwners = async (ids) => {
  const { rows } = await pool.query({ ...OWNERS, values: [[...new Set(ids)]] })
  const byId = new Map(rows.map((row) => [row.id, { id: globalId('User', row.id), name: row.name }]))
  return ids.map((id) => byId.get(id) ?? null)
}
