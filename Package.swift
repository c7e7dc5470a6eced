// swift-tools-version: 6.2
// Targets stand in alphabetical order; ARCHITECTURE.md gives them from the bottom up, with what each may import.

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Set by scripts/release.sh: the program stands by itself, with the C library in it, and begins in CEarlyStart. Why and at what
// price: docs/decisions/0009.
let releaseLinking: [LinkerSetting] =
    Context.environment["LOCKGATE_RELEASE"] == nil
    ? []
    : [
        .unsafeFlags([
            "-Xclang-linker", "-static-pie", "-Xlinker", "--pack-dyn-relocs=relr", "-Xlinker", "--entry=lockgate_start",
        ])
    ]

let package = Package(
    name: "lockgate",
    products: [
        .executable(name: "lockgate", targets: ["lockgate"]),
        .executable(name: "lockgate-verify", targets: ["lockgate-verify"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
    ],
    targets: [
        .target(
            name: "Audit", dependencies: ["Basics", "Compression", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(name: "Basics", swiftSettings: strict),
        .testTarget(name: "BasicsTests", dependencies: ["Basics"], swiftSettings: strict),
        .target(name: "CEarlyStart"),
        .target(name: "CLinux"),
        .target(
            name: "Commands",
            dependencies: [
                "Audit", "Basics", "CLinux", "Config", "Engine", "Hooks", "Import", "Journal", "MCP", "Models",
                "Policy",
                "Replay", "Sandbox", "Sessions", "Telemetry", "Terminal", "Text", "Tools", "TUI", "Wire", "Workspace",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Audit", "Basics", "Commands", "Journal", "TestSupport", "Wire", "Workspace", "lockgate",
                "lockgate-sandbox", "lockgate-verify",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .target(
            name: "Config", dependencies: ["Basics", "Wire", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigTests", dependencies: ["Basics", "Config", "TestSupport", "Wire"], swiftSettings: strict),
        .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: strict),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CZlib"),
        .target(name: "Database", dependencies: ["CSQLite"], swiftSettings: strict),
        .testTarget(name: "DatabaseTests", dependencies: ["Database", "TestSupport"], swiftSettings: strict),
        .target(
            name: "Engine", dependencies: ["Basics", "CLinux", "Journal", "Policy", "Text", "Wire"],
            swiftSettings: strict),
        .testTarget(
            name: "EngineTests", dependencies: ["Basics", "Engine", "Journal", "Policy", "TestSupport", "Wire"],
            swiftSettings: strict),
        .target(name: "Files", dependencies: ["CLinux", "Text", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "FilesTests", dependencies: ["CLinux", "Files", "TestSupport", "Text", "Wire"],
            swiftSettings: strict),
        .target(
            name: "Hooks", dependencies: ["Basics", "CLinux", "Config", "Sandbox", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "HooksTests",
            dependencies: ["Basics", "Config", "Hooks", "Sandbox", "TestSupport", "Wire", "lockgate-sandbox"],
            swiftSettings: strict),
        .target(
            name: "Import", dependencies: ["Basics", "Config", "Hooks", "Policy", "Text", "Wire"],
            swiftSettings: strict),
        .testTarget(
            name: "ImportTests",
            dependencies: ["Basics", "Config", "Hooks", "Import", "Policy", "TestSupport", "Wire"],
            swiftSettings: strict),
        .target(
            name: "Journal",
            dependencies: ["Audit", "Basics", "Compression", "Text", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "JournalTests", dependencies: ["Audit", "Basics", "Journal", "TestSupport", "Text", "Wire"],
            exclude: ["Samples"],
            swiftSettings: strict),
        .target(name: "JSONRPC", dependencies: ["Basics"], swiftSettings: strict),
        .testTarget(name: "JSONRPCTests", dependencies: ["Basics", "JSONRPC"], swiftSettings: strict),
        .executableTarget(
            name: "lockgate", dependencies: ["CEarlyStart", "Commands"], swiftSettings: strict,
            linkerSettings: releaseLinking),
        // Static, so that it starts in 0.3 ms and works in any root file system.
        .executableTarget(
            name: "lockgate-sandbox",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-O2", "-Wall", "-Wextra", "-Wshadow", "-Werror"])],
            linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
        .executableTarget(name: "lockgate-verify", dependencies: ["Audit", "Basics"], swiftSettings: strict),
        .target(
            name: "Replay", dependencies: ["Audit", "Basics", "Engine", "Journal", "Policy", "Wire"],
            swiftSettings: strict),
        .testTarget(
            name: "ReplayTests", dependencies: ["Basics", "Journal", "Replay", "TestSupport"],
            exclude: ["Recorded"], swiftSettings: strict),
        .target(
            name: "Sandbox",
            dependencies: ["Basics", "CLinux", "Wire", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(
            name: "SandboxTests", dependencies: ["Basics", "CLinux", "Sandbox", "Wire", "lockgate-sandbox"],
            swiftSettings: strict),
        .target(
            name: "Sessions", dependencies: ["Audit", "Basics", "CLinux", "Database", "Journal", "Text", "Wire"],
            swiftSettings: strict),
        .testTarget(
            name: "SessionsTests",
            dependencies: ["Audit", "Basics", "Database", "Journal", "Sessions", "TestSupport", "Text", "Wire"],
            swiftSettings: strict),
        .target(
            name: "MCP",
            dependencies: [
                "Audit", "Basics", "CLinux", "JSONRPC", "Sandbox", "Wire",
            ], swiftSettings: strict),
        .testTarget(
            name: "MCPTests",
            dependencies: ["Basics", "MCP", "Sandbox", "TestSupport", "Wire", "lockgate-sandbox"],
            exclude: ["scripted-server.py"], swiftSettings: strict),
        .target(
            name: "Models",
            dependencies: [
                "Basics", "Wire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: strict),
        .testTarget(
            name: "ModelsTests",
            dependencies: [
                "Basics", "Models", "TestSupport", "Wire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ], exclude: ["Streams"], swiftSettings: strict),
        .target(name: "Policy", dependencies: ["Basics", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "PolicyTests", dependencies: ["Basics", "Policy", "TestSupport", "Wire"], swiftSettings: strict),
        .target(name: "Telemetry", dependencies: ["Basics"], swiftSettings: strict),
        .testTarget(
            name: "TelemetryTests", dependencies: ["Basics", "Telemetry", "TestSupport"], swiftSettings: strict),
        .target(name: "Terminal", dependencies: ["Basics", "CLinux", "Text"], swiftSettings: strict),
        .testTarget(
            name: "TerminalTests", dependencies: ["Basics", "Terminal", "TestSupport"], swiftSettings: strict),
        .target(
            name: "TestSupport",
            dependencies: [
                "Basics", "Wire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], swiftSettings: strict),
        .target(name: "Text", dependencies: ["Basics", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "TextTests", dependencies: ["Basics", "TestSupport", "Text", "Wire"], swiftSettings: strict),
        .target(name: "TUI", dependencies: ["Basics", "Terminal", "Text", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "TUITests", dependencies: ["Basics", "TUI", "Terminal", "TestSupport", "Text", "Wire"],
            exclude: ["Screens"], swiftSettings: strict),
        .target(name: "Tools", dependencies: ["Basics", "Files", "Text", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "ToolsTests", dependencies: ["Basics", "TestSupport", "Tools", "Wire"], swiftSettings: strict),
        .target(name: "Wire", dependencies: ["Basics"], swiftSettings: strict),
        .target(
            name: "Workspace",
            dependencies: ["Basics", "CLinux", "Text", "Wire", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(
            name: "WorkspaceTests", dependencies: ["Basics", "TestSupport", "Wire", "Workspace"],
            swiftSettings: strict),
    ]
)
