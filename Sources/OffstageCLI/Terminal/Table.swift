// Rows under headings, each column as wide as it needs to be. On a terminal, lines are cut at the edge of the window;
// in a pipe they are not, so that `grep` sees everything.
import OffstageCore

/// A table of text.
struct Table {
    /// A column's heading and alignment.
    struct Column {
        var title: String
        var isNumeric = false
    }

    /// A cell and its colour.
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

    /// Creates a table without rows. A title that begins with `#` heads a column of numbers.
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

    /// Returns the table as lines, no wider than `width` if it is given.
    func lines(width: Int?, style: Style) -> [String] {
        let heading = columns.map { Cell($0.title.uppercased(), .dim) }
        let all = [heading] + rows
        let widths = columns.indices.map { index in all.map { $0[index].text.count }.max() ?? 0 }
        return all.map { line($0, widths: widths, room: width, style: style) }
    }

    private func line(_ cells: [Cell], widths: [Int], room: Int?, style: Style) -> String {
        var line = ""
        var left = room ?? .max
        let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
        for (index, cell) in cells.enumerated().prefix(last + 1) {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.text.count))
            let gap = index > 0 ? "  " : ""
            var piece = gap
            piece += columns[index].isNumeric ? padding + cell.text : cell.text + (index < last ? padding : "")
            let isCut = piece.count > left
            if isCut { piece = left > gap.count ? piece.prefix(left - 1) + "…" : "" }
            line += cell.colour.map { style($0, piece) } ?? piece
            if isCut { break }
            left -= piece.count
        }
        return line
    }
}
