import TestSupport
import Testing

@testable import Commands

@Suite struct CgroupStandingTests {
    @Test func onlyAFolderThatCanBeWrittenCountsAsDelegated() throws {
        try TemporaryFolder.with { folder in
            try folder.write("membership", "4:memory:/old\n0::/user/me\n")
            let (membership, root) = (folder.at("membership"), folder.at("tree"))
            #expect(CgroupStanding(membership: membership, root: root).folder == nil)
            try folder.write("tree/cgroup.controllers", "memory pids\n")
            #expect(CgroupStanding(membership: membership, root: root).folder == nil)
            try folder.write("tree/user/me/cgroup.procs", "")
            #expect(CgroupStanding(membership: membership, root: root).folder == root + "/user/me")
        }
    }
}
