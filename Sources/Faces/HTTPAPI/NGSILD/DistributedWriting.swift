import CityContext
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// Changes that are other brokers' to make, too, or theirs alone (CIM 009 §4.3.6, §5.6, §6.3.17).
struct DistributedWriting: Sendable {
    let visit: ContextVisit
    let context: ResolvedContext
    /// The entity.
    let id: String

    /// Tells those whose it is, and does here what is to be done here.
    ///
    /// - Parameters:
    ///   - write: What sources are told; nil where nothing is passed on.
    ///   - done: The answer when all went well.
    ///   - local: Does the rest here; is told which attributes are none of this broker's. Answers nil when nothing is left
    ///     to do.
    /// - Returns: `done`; `207` where a part has failed.
    /// - Throws: What has gone wrong where nothing has gone well.
    func run(
        _ write: @autoclosure () throws -> RemoteWrite, done: Response,
        _ local: (TakenAttributes) async throws -> Response?
    ) async throws -> Response {
        guard try visit.isDistributed() else { return try await local(.none) ?? done }
        let (federation, request) = (visit.shared.federation, visit.triggering(context))
        let write = try write()
        if federation.isLoop(request) {
            var forgetful = request
            forgetful.via = []
            guard try federation.plan(write, forgetful).isEmpty else {
                throw Problem(
                    HTTPResponse.Status(code: 508, reasonPhrase: "Loop Detected"),
                    "the request has come through this broker before, and is not passed on again")
            }
        }
        let plan = try federation.plan(write, request)
        guard !plan.isEmpty else { return try await local(.none) ?? done }
        let outcomes = await federation.carryOut(plan, write, request)
        var outcome = BatchOutcome()
        for one in outcomes {
            if one.isSuccess { outcome.succeeded(id, isCreated: false) }
            if let problem = one.problem { outcome.failures.append(BatchFailure(id, problem, one.source)) }
        }
        do {
            if let response = try await local(plan.taken) {
                outcome.succeeded(id, isCreated: false)
                if response.status == .multiStatus, outcome.failures.isEmpty { return response }
            }
        } catch {
            let failure = BatchFailure(id, visit.shared, visit, error)
            // What is kept elsewhere alone need not be here.
            if !(failure.problem.isNotFound && !plan.taken.isEmpty && !outcomes.isEmpty) {
                outcome.failures.insert(failure, at: 0)
            }
        }
        guard let first = outcome.failures.first else { return done }
        guard outcome.failures.count > 1 || !outcome.successes.isEmpty else { throw first.problem }
        return outcome.answer(listsCreated: false)
    }
}

extension SourceOutcome {
    /// Whether at least a part was done.
    fileprivate var isSuccess: Bool {
        switch result {
        case .done, .partial: true
        case .refused, .failed, .unsupported: false
        }
    }

    /// What went wrong (§6.3.17).
    fileprivate var problem: Problem? {
        let endpoint = source.registration.endpoint
        switch result {
        case .done: return nil
        case .partial: return Problem(.multiStatus, "`\(endpoint)` has done a part of it")
        case .unsupported:
            return Problem(
                .conflict, "this is kept at `\(endpoint)` alone, which is registered without this operation")
        case .failed(let error):
            switch error.code {
            case .timeout, .unreachable: return Problem(.gatewayTimeout, error.message)
            case .forbidden, .tooLarge: return Problem(.badGateway, error.message)
            }
        case .refused(let status, let body):
            var detail = "`\(endpoint)` answered \(status)"
            if case .object(let object)? = body, case .string(let text)? = object["detail"] {
                detail += ": \(text.prefix(500))"
            }
            switch status {
            case 404: return Problem(.resourceNotFound, detail)
            case 409: return Problem(.conflict, detail)
            case 508: return Problem(HTTPResponse.Status(code: 508, reasonPhrase: "Loop Detected"), detail)
            default:
                guard source.registration.effectiveMode.isProxied else {
                    return Problem(HTTPResponse.Status(code: status), detail)
                }
                return Problem(.badGateway, detail)
            }
        }
    }
}

extension Problem {
    /// Whether what is meant is not there.
    fileprivate var isNotFound: Bool { status == .notFound }
}

extension ContextVisit {
    /// What a change concerns, as registrations are held against it.
    ///
    /// - Parameters:
    ///   - id: The entity.
    ///   - types: Those that the request names; those that are known here where it names none.
    ///   - attributes: Those that are changed; empty for all.
    /// - Returns: One selector for the entity.
    func specification(_ id: String, types: [String] = [], attributes: [String] = []) -> EntitySpecification {
        var known = types
        if known.isEmpty, let local = city.views.context.tenant(tenant)?.entity(id) { known = local.entity.types }
        var specification = EntitySpecification(selectors: [
            EntitySpecification.Selector(types: known.isEmpty ? .any : .known(known), ids: [id])
        ])
        var names: [String] = []
        for name in attributes where !names.contains(name) { names.append(name) }
        specification.attributes = names
        return specification
    }
}
