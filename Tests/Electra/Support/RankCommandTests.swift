import TestSupport
import Testing

@testable import ElectraSupport

struct RankCommandTests {
    private func command(_ words: String, version: String = "1", host: String = "a") -> RankCommand {
        RankCommand(version: version, words: words.split(separator: " ").map(String.init), host: host)
    }

    @Test func `ranks of one command work together`() {
        let commands = [
            "pretrain --data /here --run r --seed 1", "pretrain --data /there --run r --seed 1",
            "pretrain --data=/there --run r --seed 1",
        ]
        #expect(RankCommand.refusal(of: [command(commands[0]), command(commands[1], host: "b")]) == nil)
        #expect(RankCommand.refusal(of: [command(commands[1]), command(commands[2])]) == nil)
        #expect(RankCommand.refusal(of: [command(commands[0])]) == nil)
    }

    @Test(arguments: [
        ("pretrain --run r --seed 1", "pretrain --run r --seed 2", #""--seed 1", rank 2 on b with "--seed 2""#),
        ("pretrain --run r", "pretrain --run r --keep 3", #"no more, rank 2 on b with "--keep 3""#),
        ("pretrain --run r --keep 3", "pretrain --run r", #""--keep 3", rank 2 on b with no more"#),
        ("pretrain --run r", "evaluate --run r", #""pretrain --run", rank 2 on b with "evaluate --run""#),
        ("pretrain --run r", "pretrain --run q", #""--run r", rank 2 on b with "--run q""#),
        ("pretrain --data d --keep 1", "pretrain --data=e --keep=2", #""--keep 1", rank 2 on b with "--keep 2""#),
    ])
    func `other words of one rank are told`(first: String, other: String, words: String) {
        let refusal = RankCommand.refusal(of: [command(first), command(first), command(other, host: "b")])
        #expect(refusal?.kind == .usage)
        #expect(refusal?.description.contains(words) == true, "\(refusal?.description ?? "none")")
    }

    @Test func `other versions are told before other words`() {
        let refusal = RankCommand.refusal(of: [
            command("pretrain --run r"), command("evaluate", version: "2", host: "b"),
        ])
        #expect(
            refusal?.description
                == "rank 0 on a was started with electra-dist 1, rank 1 on b with 2; install the same program on all hosts"
        )
    }

    @Test func `a command travels as text`() {
        let command = RankCommand(version: "1.2", words: ["pretrain", "", "--run", "a b"], host: "h")
        #expect(RankCommand(text: command.text) == command)
        #expect(RankCommand(text: "").words.isEmpty)
    }
}
