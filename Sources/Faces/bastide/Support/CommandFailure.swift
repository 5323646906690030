import ArgumentParser
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import PKI
import TransparencyLog

/// What the program's exit says to a script: `sysexits.h` where it has a number, and two of our own.
enum ExitStatus: Int32, Sendable, CaseIterable {
    /// Failed or refused.
    case failed = 1
    /// A check found a problem.
    case problemFound = 2
    /// EX_UNAVAILABLE: there is no city, or another program holds it.
    case unavailable = 69
    /// EX_CANTCREAT: a file or directory cannot be made.
    case cannotCreate = 73
    /// EX_IOERR: a file cannot be read or written, or is damaged.
    case inputOutput = 74
    /// EX_CONFIG: a file of the city is wrong.
    case configuration = 78

    var code: ExitCode { ExitCode(rawValue) }
}

/// Why a command ends: one message for people, one status for scripts.
struct CommandFailure: Error, Sendable {
    let status: ExitStatus
    /// Lower case, no full stop; several mistakes stand on lines of their own.
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }
}

extension CommandFailure {
    /// What an error of the layers below means here; nil for those of the argument parser.
    init?(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as StorageError: self.init(error.code.status, error.message)
        case let error as ConfigurationError: self.init(.configuration, error.description)
        case let error as ConfigurationMistakes: self.init(.configuration, error.description)
        case let error as PKIError: self.init(.configuration, error.message)
        case let error as NoteError: self.init(.configuration, error.message)
        case let error as SPIFFEIDError: self.init(.failed, error.description)
        case let error as AccountError: self.init(.failed, error.description)
        case let refusal as Refusal: self.init(.failed, "refused (\(refusal.code.rawValue)): \(refusal.message)")
        case let error as ProofRefusal: self.init(.failed, error.text)
        case let error as CocoaError: self.init(.inputOutput, error.localizedDescription)
        case is ValidationError, is CleanExit, is ExitCode: return nil
        case let error where String(reflecting: type(of: error)).hasPrefix("ArgumentParser."): return nil
        default: self.init(.failed, "\(error)")
        }
    }
}

extension StorageError.Code {
    /// The exit status that a command ends with when the store says this.
    fileprivate var status: ExitStatus {
        switch self {
        case .missing, .inUse: .unavailable
        case .newerFormat: .configuration
        case .diskFull, .damaged, .inputOutput: .inputOutput
        }
    }
}

extension ProofRefusal {
    var text: String {
        switch self {
        case .noSuchReading(let what), .storeFailed(let what): what
        }
    }
}
