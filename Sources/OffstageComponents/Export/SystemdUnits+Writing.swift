// Writes units to files, and creates the folders that units name but systemd would not create.
import OffstageCore
import OffstageSystem

extension SystemdUnits {
    /// Writes the files into a folder, which is created if it does not exist.
    package static func write(_ files: [File], to folder: String) throws {
        let place = folder.hasPrefix("/") ? folder : try here() + "/" + folder
        var made = ""
        for part in place.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o755) != 0, !SystemFolders.isFolder(made) {
                throw ComponentError("cannot make the folder \(Names.quoted(made)): \(LibC.reason(errno))")
            }
        }
        for file in files { try SmallFile.write(file.text, to: "\(place)/\(file.name)", mode: 0o644) }
    }

    /// Creates the folders that the units write to.
    package func makeFolders() throws {
        for component in boxfile.data where component.service != .storage {
            try folders.make(folders.data(component.name))
        }
        for component in boxfile.webs + boxfile.workers {
            try folders.make(folders.privateFolder(component.name))
            try folders.make(folders.temporary(component.name))
            for network in component.networkFolders {
                for folder in network.folders { try SharedFolder.link(folder, network.storage, folders) }
            }
        }
    }

    private static func here() throws -> String {
        guard let path = SystemFolders.realPath(".") else { throw ComponentError("this folder is gone") }
        return path
    }
}
