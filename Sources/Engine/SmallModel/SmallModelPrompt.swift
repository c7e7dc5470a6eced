/// The words that small models are spoken to with: short and literal, since such models copy sooner than they infer.
/// `SmallModelMachine` says when each is said.
package enum SmallModelPrompt {
    /// The system prompt. Constant, so that a server's cached prefix holds.
    package static let system = """
        You are a coding agent working in a directory on Linux. The user gives you a task and shows you the files.

        First explain in one or two sentences what has to be done, or which line is wrong and why. Then act.

        To create or change a file, write its path on a line of its own, followed by its complete new text in a code \
        block:

        name.py
        ```python
        all lines of the file
        ```

        To run a command, write it in a bash block. You will be shown its output:

        ```bash
        command
        ```

        When the task is done, or when it is only a question, answer the user in plain sentences without any code block.

        Rules:
        - The files shown to you are current and complete. Change only what the task asks for, and change every file \
        that it concerns.
        - A file block replaces the whole file: keep the lines that must stay.
        - Never change a test to make it pass. Correct the code that it tests.
        """

    /// Holds an answer to one command of one line (GBNF, the grammar language of llama.cpp).
    package static let commandGrammar = #"root ::= "```bash\n" [^`\n]{1,200} "\n```""#

    static let runNow = "Now run the program or its test: answer with one bash block."
    static let notFinished =
        "Not finished: files changed and nothing was run since. Run the program or its test: answer with one bash block."
    static let finishOrGoOn =
        "If the task is done, answer the user in plain sentences, without code blocks. If something is missing, go on."
    static let cutOff = "Your last code block was cut off because it was too long; it was not used."
    static let answerCutOff = "Your last answer was cut off because it was too long."
    static let empty = "Your last answer was empty. Go on, or say what you did."
    static let denied =
        "The file was not written. Do without it, or tell the user in plain sentences what you would change, without code blocks."
    static let stillFails =
        "You answered without a change, but the last run failed. Find out why and write the corrected file."
    static let noPath =
        "A code block had no path on the line before it and was not used. Write the path of the file on the line before the block."

    static func task(_ text: String) -> String { "Task: \(text)" }

    static func command(_ command: String, output: String, ending: String) -> String {
        let shown = output.allSatisfy(\.isWhitespace) ? "(no output)" : output
        return "$ \(command)\n\(shown)\(shown.hasSuffix("\n") ? "" : "\n")\(ending)\n"
    }

    static func repeated(result: String) -> String {
        "Refused: you ran exactly this command already and nothing has changed since. Its result was:\n\(result)"
    }

    static func unchanged(_ path: String) -> String { "\(path) has exactly this text already: nothing changed." }

    static func protectedTest(_ path: String) -> String {
        "Not written: \(path) is a test, and a test is not changed to make it pass. Correct the code that it tests."
    }

    static func unseen(_ path: String) -> String {
        "Not written: you have not seen the whole of \(path), and a file block replaces all of it."
    }

    static func tooLarge(_ path: String) -> String {
        "Not written: \(path) is too long to be shown, and a file block would replace all of it. Change it with a command, such as sed -i."
    }

    static func quoted(_ path: String) -> String { "A block shows lines of \(path) as they are: nothing changed." }

    static func incomplete(_ path: String, missing: String) -> String {
        "Not written: your block for \(path) leaves out \(missing), and a file block replaces the whole file. Write all lines of the file."
    }

    static func elided(_ path: String) -> String {
        "Not written: a line of your block for \(path) stands for lines that you left out. Write all lines of the file."
    }
}
