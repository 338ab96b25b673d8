/// A part of a network that a pass goes through as one: a layer, a projection, a head; and its place in the flat buffers.
/// Windows into parameters and into gradients have each their own.
///
/// Whoever exchanges parameters and gradients between ranks lets himself be told here how far a pass is.
package final class Passage {
    package let elements: Range<Int>
    /// The name of its network.
    package let network: String
    private var onVisit: (() -> Void)?

    init(_ elements: Range<Int>, of network: String) {
        self.elements = elements
        self.network = network
    }

    package func onVisit(_ body: @escaping () -> Void) { onVisit = body }

    /// Of parameters: the forward pass comes to it. Of gradients: the backward pass has left it, and adds nothing more.
    package func visit() { onVisit?() }
}
