package import Terminal
package import Text
package import Wire

/// What can happen to a screen.
package enum ScreenEvent: Sendable {
    case input(InputEvent)
    case resized(width: Int, height: Int)
    /// Time has passed; comes only while something moves.
    case tick
    case thread(ThreadEvent)
    case live(ModelEvent)
    /// The end of what a running command has printed.
    case output(item: String, String)
    /// What the program was started with.
    case submit(String)
    /// A new conversation begins with these facts.
    case banner(SessionFacts)
    /// A session takes prompts.
    case ready(SessionFacts)
    /// No session could be made. What was asked stays in the composer.
    case unready(LockgateError)
    case meter(SessionMeter)
    /// The turn is over and the session takes prompts again; with what was said to it too late.
    case turnEnded(unheard: [String])
    case asked(ApprovalRequest)
    /// Nobody waits for the answer any more.
    case withdrawn(String)
    /// The agent wants to know something.
    case inquiry(UserInquiry)
    /// A file that was named is an image that can be attached.
    case image(ImageFile)
    /// A paste that only looked like an image's path.
    case pasted(String)
    case files(PathIndex)
    case history([String])
    case pick(Picker)
    case preview(id: String, [StyledLine])
    case page(title: String, [StyledLine])
    /// A board opens, or takes the place of the one that is open.
    case board(Board)
    case boardDetail(row: String, [StyledLine])
    case boardQuestion(Board.Question)
    case boardNotice(String)
    case boardClosed
    case edited(String)
    /// How the screen is to look and what keys do.
    case preferences(Keymap, ColourTheme, isVim: Bool)
    /// What the status line and the window's title show.
    case shown(status: [StatusItem], title: [TitleItem])
    case note(TranscriptEntry.Note)
    /// Another conversation takes the place of this one.
    ///
    /// - Parameter stored: up to where the journal holds what came before the entries; nil where they are all.
    case replaced([TranscriptEntry], stored: StoredPlace? = nil)
    /// The journal holds all that was told so far, up to there.
    case stored(StoredPlace)
    /// How many entries the journal has before those in memory.
    case storedCount(Int)
    case storedChunk(Int, [TranscriptEntry])
    /// Entries of the journal, counted from its first, that hold a text.
    case storedMatches(String, [Int])
}

/// What a screen wants done.
package enum ScreenAction: Sendable, Hashable {
    case submit(String)
    case steer(String)
    case shell(String)
    case interrupt
    case answer(id: String, ApprovalAnswer)
    case inquired(id: String, [String]?)
    /// A path that may be an image's; as it was written where it is none.
    case inspectImage(path: String, text: String)
    /// An image that belongs to the next prompt.
    case attach(ImageFile)
    case quit, suspend, redraw
    case edit(String)
    case loadFiles
    case copy(String)
    /// Counts the entries that the journal holds up to there.
    case countStored(StoredPlace)
    case loadStored(chunk: Int)
    case searchStored(String)
    case attention(String)
    /// A command that needs more than the screen knows.
    case command(SlashCommand, String)
    case preview(Picker.Purpose, id: String)
    case board(Board.Subject, BoardRequest)
    case chosen(Picker.Purpose, id: String)
}
