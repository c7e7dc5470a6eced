/// The beginning of a page that opens from a file: nothing is loaded or run from anywhere, whatever its texts hold.
enum HTMLPage {
    /// - Parameters:
    ///   - title: any text.
    ///   - style: the page's own sheet.
    static func head(title: String, style: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(SessionPage.escaped(title))</title>
        <style>\(style)</style>
        </head>
        """
    }
}
