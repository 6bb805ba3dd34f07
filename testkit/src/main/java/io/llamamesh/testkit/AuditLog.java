package io.llamamesh.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The requests to an API server and its answers, read from its audit log (one JSON event a line,
 * audit.k8s.io/v1). The control plane's own parts are left out. A watch counts when it begins.
 */
public final class AuditLog {
  /** Names everybody's requests but those of the control plane's own parts; no bodies. */
  static final String POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - level: None
        userGroups: ["system:nodes", "system:serviceaccounts:kube-system"]
      - level: None
        users: ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver"]
      - level: Metadata
      """;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> READING = Set.of("get", "list", "watch");

  private static final Set<String> LISTING = Set.of("list", "watch");
  private static final Pattern NARROWED =
      Pattern.compile("[?&](labelSelector|fieldSelector|limit)=");

  private final Path file;

  AuditLog(Path file) {
    this.file = file;
  }

  /**
   * A request.
   *
   * @param user who asked; the impersonated one where there is one
   * @param verb as in RBAC
   * @param resource as in RBAC, with its group and subresource: {@code configmaps}, {@code
   *     daemonsets.apps}, {@code llamameshes.llamamesh.io/status}; of a request for no resource its
   *     path
   * @param namespace empty for what has none, or for all
   * @param name empty where the request names no object
   * @param whole whether a list or a watch asks for all objects: no selector, no limit
   * @param code the answer's HTTP status; 0 where it has not ended
   * @param at when it came in
   */
  public record Request(
      String user,
      String verb,
      String resource,
      String namespace,
      String name,
      boolean whole,
      int code,
      Instant at) {
    /** True when the verb writes. */
    public boolean isWrite() {
      return !READING.contains(verb);
    }

    /** Verb and resource, as roles name them. */
    public String right() {
      return verb + " " + resource;
    }
  }

  /** All requests so far that fit, in the order in which they were answered. */
  public List<Request> requests(Predicate<Request> wanted) {
    Set<String> seen = new HashSet<>();
    List<Request> found = new ArrayList<>();
    try {
      String text = Files.exists(file) ? Files.readString(file) : "";
      // The last line may be on its way still.
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        JsonNode event = JSON.readTree(line);
        Request request = request(event);
        // A watch is logged at its beginning and at its end.
        if (wanted.test(request) && seen.add(event.path("auditID").asText())) {
          found.add(request);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the audit log cannot be read", e);
    }
    return found;
  }

  /** All requests of a user so far. */
  public List<Request> requestsOf(String user) {
    return requests(request -> request.user().equals(user));
  }

  private static Request request(JsonNode event) {
    JsonNode object = event.path("objectRef");
    String user =
        event.at("/impersonatedUser/username").asText(event.at("/user/username").asText());
    return new Request(
        user,
        event.path("verb").asText(),
        object.isMissingNode() ? event.path("requestURI").asText() : resource(object),
        object.path("namespace").asText(),
        object.path("name").asText(),
        LISTING.contains(event.path("verb").asText())
            && !NARROWED.matcher(event.path("requestURI").asText()).find(),
        event.at("/responseStatus/code").asInt(),
        Instant.parse(event.path("requestReceivedTimestamp").asText()));
  }

  private static String resource(JsonNode object) {
    String group = object.path("apiGroup").asText();
    String subresource = object.path("subresource").asText();
    return object.path("resource").asText()
        + (group.isEmpty() ? "" : "." + group)
        + (subresource.isEmpty() ? "" : "/" + subresource);
  }
}
