/// A stretch of a text's tokens that fits the model, and those of them that are read off from it.
struct TextWindow: Equatable {
    let text: Int
    let tokens: Range<Int>
    let read: Range<Int>

    /// The whole text, or windows that overlap by half where it is longer than `room`: each token is read off where it
    /// has most context on both sides.
    static func covering(text: Int, count: Int, room: Int) -> [TextWindow] {
        if count <= room { return [TextWindow(text: text, tokens: 0..<count, read: 0..<count)] }
        let stride = max(room / 2, 1)
        var windows: [TextWindow] = []
        var start = 0
        var next = 0
        while next < count {
            let end = min(start + room, count)
            let upTo = end == count ? count : start + (stride + room) / 2
            windows.append(TextWindow(text: text, tokens: start..<end, read: next..<upTo))
            next = upTo
            start = min(start + stride, count - room)
        }
        return windows
    }

    /// The window of `room` tokens around `token`.
    static func around(_ token: Int, text: Int, count: Int, room: Int) -> TextWindow {
        let start = max(0, min(token - room / 2, count - room))
        return TextWindow(text: text, tokens: start..<min(start + room, count), read: token..<token + 1)
    }
}

extension ForwardPass {
    /// Runs all windows, as many at a time as there is memory for, and hands over each with the row of its [CLS].
    func run(
        _ windows: [TextWindow], of texts: [[Int32]], _ body: (_ window: TextWindow, _ row: Int) -> Void
    ) {
        var pending: [(window: TextWindow, row: Int)] = []
        func flush() {
            guard !pending.isEmpty else { return }
            run()
            for (window, row) in pending { body(window, row) }
            pending = []
            reset()
        }
        for window in windows {
            if !hasRoom(forTokens: window.tokens.count) { flush() }
            pending.append((window, append(texts[window.text][window.tokens])))
        }
        flush()
    }
}
