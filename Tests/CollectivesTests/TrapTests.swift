import Testing

@testable import Collectives

/// Whether a process said `message` on its way out: a trap for another reason is no pass.
func said(_ message: String, _ result: ExitTest.Result?) -> Bool {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).contains(message)
}

@Test func droppedRequestTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Request()
    }
    #expect(said("an MPI request was dropped in flight", result))
}

@Test func droppedOperationOnASpanTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var values: [Float] = [1]
        var span = values.mutableSpan
        _ = try Communicator.alone.startAllReduce(&span, .sum)
    }
    #expect(said("an MPI request was dropped in flight", result))
}

@Test func testedRequestStillHasToBeWaitedFor() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var request = Request()
        guard try request.test() else { return }
    }
    #expect(said("an MPI request was dropped in flight", result))
}

@Test func droppedQueueTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var queue = RequestQueue(capacity: 2)
        queue.add(Request())
    }
    #expect(said("a queue was dropped with 1 MPI requests in flight", result))
}

@Test func fullQueueTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var queue = RequestQueue(capacity: 1)
        queue.add(Request())
        queue.add(Request())
    }
    #expect(said("a queue for 1 MPI requests is full", result))
}

@Test func countBeyondAnIntTrapsWithTheNameOfTheCall() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        // Never touched: the count is looked at first.
        guard let start = UnsafeMutablePointer<UInt8>(bitPattern: 4096) else { return }
        let values = UnsafeMutableBufferPointer(start: start, count: 1 << 31)
        try Communicator.alone.allReduce(values, .sum)
    }
    #expect(said("MPI_Allreduce: 2147483648 does not fit where MPI takes a C int", result))
}

@Test func negativeTagTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let values: [Float] = [1]
        var received: [Float] = [0]
        var span = received.mutableSpan
        try Communicator.alone.sendReceive(values.span, to: 0, into: &span, from: 0, tag: -1)
    }
    #expect(said("MPI_Sendrecv: -1 does not fit", result))
}

@Test func tooSmallABufferTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let values: [Float] = [1, 2]
        var gathered: [Float] = [0]
        var span = gathered.mutableSpan
        try Communicator.alone.allGather(values.span, into: &span)
    }
    #expect(said("MPI_Allgather: 2 elements do not fit in a buffer of 1", result))
}

@Test func layoutBeyondTheBufferTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let values: [Float] = [1, 2]
        var gathered: [Float] = [0, 0, 0]
        var span = gathered.mutableSpan
        try Communicator.alone.allGather(values.span, into: &span, BlockLayout([2..<4]))
    }
    #expect(said("MPI_Allgatherv: 4 elements do not fit in a buffer of 3", result))
}

@Test func layoutForAnotherGroupTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let values: [Float] = [1]
        var result: [Float] = [0]
        var span = result.mutableSpan
        try Communicator.alone.allToAll(values.span, BlockLayout(counts: [1]), into: &span, BlockLayout(size: 2))
    }
    #expect(said("MPI_Alltoallv: a layout for 2 ranks in a group of 1", result))
}

@Test func sendingInAGroupOfOneTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let values: [Float] = [1]
        try Communicator.alone.send(values.span, to: 0)
    }
    #expect(said("MPI_Send: a group of one has nobody to talk to", result))
}
