// The tests of a Redis with real processes. They run one after the other, and apart from those of SQLite (see
// scripts/test): each keeps both cores busy with servers and workers.
import Testing

/// All of them.
@Suite(.serialized) enum RedisTorture {}
