// One import for users: the core and the three parts of a program that talks to a queue. A store is imported by its
// own name.
@_exported public import OffstageCore
@_exported public import OffstageEnqueuer
@_exported public import OffstageMonitor
@_exported public import OffstageWorker
