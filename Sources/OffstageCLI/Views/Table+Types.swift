// The table of each type's recent activity.
import OffstageCore
import OffstageMonitor

extension Table {
    /// Returns a table of the types' activity.
    static func of(_ types: [TypeActivity]) -> Table {
        var table = Table("type", "#completed", "#failed", "#discarded", "#cancelled", "#mean", "#longest")
        for type in types {
            table.add([
                Cell(type.type), Cell(Figures.grouped(type.completed)), Cell(Figures.grouped(type.failed)),
                Cell(Figures.grouped(type.discarded), type.discarded > 0 ? .red : nil),
                Cell(Figures.grouped(type.cancelled)), Cell(type.averageRun.map { DurationText.brief($0) } ?? ""),
                Cell(DurationText.brief(type.longestRun)),
            ])
        }
        return table
    }
}
