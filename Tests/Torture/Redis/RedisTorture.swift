// The tests of a Redis with real processes. They run one after the other, and separately from those of SQLite (see
// scripts/test), because each keeps both cores busy with servers and workers.
import Testing

/// The suite of all these tests.
@Suite(.serialized) enum RedisTorture {}
