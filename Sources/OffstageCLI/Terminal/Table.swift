// Rows under headings, as wide as they need to be. On a terminal the last column is cut at the edge of the window;
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
                var text = cell.text
                if isLast, let width, used + text.count > width {
                    text = String(text.prefix(max(0, width - used - 1))) + "…"
                }
                let padding = String(repeating: " ", count: max(0, widths[index] - text.count))
                let shown = cell.colour.map { style($0, text) } ?? text
                line += columns[index].isNumeric ? padding + shown : isLast ? shown : shown + padding
                if !isLast { line += "  " }
                used += widths[index] + 2
            }
            return line
        }
    }
}
