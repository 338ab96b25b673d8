import ArgumentParser
import ElectraFineTuning

/// Where in their files the examples of a task are.
struct ColumnOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Column of the text, by name or number (-1 is the last); or a key.", valueName: "column"))
    var text: String?

    @Option(help: ArgumentHelp("Column of the second text.", valueName: "column"))
    var textPair: String?

    @Option(help: ArgumentHelp("Column of the label.", valueName: "column"))
    var label: String?

    @Option(help: ArgumentHelp("Column of what names an example.", valueName: "column"))
    var id: String?

    @Option(help: ArgumentHelp("Column of the words.", valueName: "column"))
    var words: String?

    @Option(help: ArgumentHelp("Column of the tags.", valueName: "column"))
    var tags: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Whether the first row names the columns; seen from the columns that are asked for if not given.")
    var header: Bool?

    var chosen: ChosenColumns {
        var chosen = ChosenColumns()
        chosen.text = text.map(Column.init(parsing:))
        chosen.pair = textPair.map(Column.init(parsing:))
        chosen.label = label.map(Column.init(parsing:))
        chosen.id = id.map(Column.init(parsing:))
        chosen.words = words.map(Column.init(parsing:))
        chosen.tags = tags.map(Column.init(parsing:))
        chosen.header = header
        return chosen
    }
}
