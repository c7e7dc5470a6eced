import Terminal
import Testing

@testable import TUI

@Suite struct ImageFileTests {
    @Test(arguments: [
        ("/home/a/shot.png", "/home/a/shot.png"), ("'/home/a/my shot.PNG' ", "/home/a/my shot.PNG"),
        ("/home/a/my\\ shot.jpeg", "/home/a/my shot.jpeg"), ("file:///home/a/my%20shot.webp", "/home/a/my shot.webp"),
        ("file://localhost/a.gif\n", "/a.gif"), ("file://elsewhere/a.gif", nil), ("~/a.jpg", "~/a.jpg"),
        ("/home/a/notes.txt", nil), ("see /home/a/shot.png", nil), ("/a.png\n/b.png", nil), ("shot.png", nil),
        ("file:///a%00.png", nil), ("", nil), ("'", nil),
    ])
    func pathsAreKnownFromPastes(text: String, path: String?) {
        #expect(ImageFile.path(inPaste: text) == path)
    }

    @Test func anImageGoesAlongWithItsPrompt() {
        let image = ImageFile(path: "/home/a/shot.png", bytes: 120_400)
        var screen = ScreenFixture.ready()
        screen.happen(.input(.paste(Paste(text: "/home/a/shot.png"))))
        #expect(screen.takeActions() == [.inspectImage(path: "/home/a/shot.png", text: "/home/a/shot.png")])
        screen.happen(.image(image))
        screen.type("what is this?")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.attach(image), .submit("[image shot.png 120 KB] what is this?")])
    }

    @Test func aDeletedPlaceholderTakesItsImageAlong() {
        var screen = ScreenFixture.ready()
        screen.happen(.image(ImageFile(path: "/a.png", bytes: 10)))
        screen.press(Key(.backspace), Key(.backspace))
        #expect(screen.state.composer.isEmpty)
        screen.type("text")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.submit("text")])
    }

    @Test func whatIsNoImageStaysText() {
        var screen = ScreenFixture.ready()
        screen.happen(.pasted("/home/a/shot.png"))
        #expect(screen.state.composer.prompt == "/home/a/shot.png")
    }
}
