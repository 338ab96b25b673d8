/// The script of a letter, as far as notes have a name for it: by Unicode's blocks.
enum Script: String, CaseIterable, Sendable {
    case latin = "Latin"
    case greek = "Greek"
    case cyrillic = "Cyrillic"
    case armenian = "Armenian"
    case hebrew = "Hebrew"
    case arabic = "Arabic"
    case syriac = "Syriac"
    case thaana = "Thaana"
    case nko = "N’Ko"
    case devanagari = "Devanagari"
    case bengali = "Bengali"
    case gurmukhi = "Gurmukhi"
    case gujarati = "Gujarati"
    case oriya = "Oriya"
    case tamil = "Tamil"
    case telugu = "Telugu"
    case kannada = "Kannada"
    case malayalam = "Malayalam"
    case sinhala = "Sinhala"
    case thai = "Thai"
    case lao = "Lao"
    case tibetan = "Tibetan"
    case myanmar = "Myanmar"
    case georgian = "Georgian"
    case hangul = "Hangul"
    case ethiopic = "Ethiopic"
    case cherokee = "Cherokee"
    case khmer = "Khmer"
    case mongolian = "Mongolian"
    case kana = "Kana"
    case han = "Han"
    /// Letters of all others.
    case other = "other scripts"
    case symbols = "signs and emoji"

    init(_ scalar: Unicode.Scalar) {
        let value = scalar.value
        if let block = Self.blocks.first(where: { $0.0.contains(value) }) {
            self = block.1
        } else {
            self = scalar.properties.isAlphabetic ? .other : .symbols
        }
    }

    /// Whether words stand side by side, so that BERT takes a phrase for one word. (Han characters are words to it.)
    var isWithoutSpaces: Bool {
        switch self {
        case .thai, .lao, .tibetan, .myanmar, .khmer, .kana: true
        default: false
        }
    }

    /// The marks that stand behind letters of several scripts, and belong to the script of the letter.
    static let combiningDiacritics: ClosedRange<UInt32> = 0x0300...0x036F

    /// Those that are common first.
    private static let blocks: [(ClosedRange<UInt32>, Script)] = [
        (0x41...0x5A, .latin), (0x61...0x7A, .latin), (0xC0...0xD6, .latin), (0xD8...0xF6, .latin),
        (0xF8...0x2AF, .latin), (0x1E00...0x1EFF, .latin), (0x370...0x3FF, .greek), (0x1F00...0x1FFF, .greek),
        (0x400...0x52F, .cyrillic), (0x530...0x58F, .armenian), (0x590...0x5FF, .hebrew), (0x600...0x6FF, .arabic),
        (0x700...0x74F, .syriac), (0x750...0x77F, .arabic), (0x780...0x7BF, .thaana), (0x7C0...0x7FF, .nko),
        (0x8A0...0x8FF, .arabic), (0x900...0x97F, .devanagari), (0x980...0x9FF, .bengali), (0xA00...0xA7F, .gurmukhi),
        (0xA80...0xAFF, .gujarati), (0xB00...0xB7F, .oriya), (0xB80...0xBFF, .tamil), (0xC00...0xC7F, .telugu),
        (0xC80...0xCFF, .kannada), (0xD00...0xD7F, .malayalam), (0xD80...0xDFF, .sinhala), (0xE00...0xE7F, .thai),
        (0xE80...0xEFF, .lao), (0xF00...0xFFF, .tibetan), (0x1000...0x109F, .myanmar), (0x10A0...0x10FF, .georgian),
        (0x1100...0x11FF, .hangul), (0x1200...0x139F, .ethiopic), (0x13A0...0x13FF, .cherokee),
        (0x1780...0x17FF, .khmer), (0x1800...0x18AF, .mongolian), (0x19E0...0x19FF, .khmer),
        (0x1C80...0x1C8F, .cyrillic), (0x1C90...0x1CBF, .georgian), (0x1D00...0x1DBF, .latin),
        (0x2C60...0x2C7F, .latin), (0x2D00...0x2D2F, .georgian), (0x2D80...0x2DDF, .ethiopic),
        (0x2DE0...0x2DFF, .cyrillic), (0x3005...0x3007, .han), (0x3041...0x30FF, .kana), (0x3131...0x318F, .hangul),
        (0x31F0...0x31FF, .kana), (0x3400...0x4DBF, .han), (0x4E00...0x9FFF, .han), (0xA640...0xA69F, .cyrillic),
        (0xA720...0xA7FF, .latin), (0xA8E0...0xA8FF, .devanagari), (0xA960...0xA97F, .hangul),
        (0xA9E0...0xA9FF, .myanmar), (0xAA60...0xAA7F, .myanmar), (0xAB00...0xAB2F, .ethiopic),
        (0xAB30...0xAB6F, .latin), (0xAB70...0xABBF, .cherokee), (0xAC00...0xD7FF, .hangul), (0xF900...0xFAFF, .han),
        (0xFB00...0xFB06, .latin), (0xFB13...0xFB17, .armenian), (0xFB1D...0xFB4F, .hebrew), (0xFB50...0xFDFF, .arabic),
        (0xFE70...0xFEFC, .arabic), (0xFF21...0xFF3A, .latin), (0xFF41...0xFF5A, .latin), (0xFF66...0xFF9F, .kana),
        (0x20000...0x3FFFF, .han),
    ]
}
