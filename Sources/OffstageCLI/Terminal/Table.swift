// Rows under headings, as wide as they need to be. On a terminal lines are cut at the edge of the window;
// in a pipe nothing is, so that `grep` sees everything.

/// A table of text.
struct Table {
    /// A column's heading and how its cells are set.
    struct Column {
        var title: String
        var isNumeric = false
    }

    /// One cell and its colour.
    struct Cell {
        var text: String
        var colour: Style.Colour?

        init(_ text: String, _ colour: Style.Colour? = nil) {
            self.text = Printable.line(text)
            self.colour = colour
        }
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    /// Makes a table without rows; titles that begin with `#` head columns of numbers.
    init(_ titles: String...) {
        columns = titles.map { title in
            title.hasPrefix("#") ? Column(title: String(title.dropFirst()), isNumeric: true) : Column(title: title)
        }
    }

    /// Adds a row of uncoloured cells.
    mutating func add(_ cells: String...) {
        rows.append(cells.map { Cell($0) })
    }

    /// Adds a row.
    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    /// Sets the table in lines no wider than `width`, if one is given.
    func lines(width: Int?, style: Style) -> [String] {
        let heading = columns.map { Cell($0.title.uppercased(), .dim) }
        let all = [heading] + rows
        let widths = columns.indices.map { index in all.map { $0[index].text.count }.max() ?? 0 }
        return all.map { cells in
            var line = ""
            var used = 0
            for (index, cell) in cells.enumerated() {
                let isLast = index == cells.count - 1
                let cut = Self.cut(cell.text, to: width.map { $0 - used })
                let padding = String(repeating: " ", count: max(0, widths[index] - cell.text.count))
                let shown = cell.colour.map { style($0, cut) } ?? cut
                used += widths[index] + 2
                if let width, used - 2 > width {
                    line += cut == cell.text && columns[index].isNumeric ? "" : shown
                    break
                }
                line += columns[index].isNumeric ? padding + shown : isLast ? shown : shown + padding
                if !isLast { line += "  " }
            }
            return line
        }
    }

    private static func cut(_ text: String, to room: Int?) -> String {
        guard let room, text.count > room else { return text }
        return room > 0 ? text.prefix(room - 1) + "…" : ""
    }
}
