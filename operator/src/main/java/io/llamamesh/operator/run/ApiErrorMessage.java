package io.llamamesh.operator.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One-line message for a failure of the API server or on the way to it: the innermost cause's
 * words, and the remedy.
 */
public final class ApiErrorMessage {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int MAX_CAUSES = 50;
  private static final String CRD = "llamameshes";

  /** The API server's words where a right is missing. */
  private static final Pattern CANNOT =
      Pattern.compile(
          "User \"(?<user>[^\"]*)\" cannot (?<verb>\\S+) resource \"(?<resource>[^\"]+)\""
              + " in API group \"(?<group>[^\"]*)\""
              + "(?: in the namespace \"(?<namespace>[^\"]+)\")?");

  /** And the name of what it is missing for. */
  private static final Pattern NAMED = Pattern.compile(" \"(?<name>[^\"]+)\" is forbidden");

  private ApiErrorMessage() {}

  /** The line for whoever does not know more of the server than that it is the configured one. */
  public static String oneLine(Throwable problem) {
    return oneLine("of the kubeconfig", problem);
  }

  /**
   * The line.
   *
   * @param server its address
   */
  public static String oneLine(String server, Throwable problem) {
    List<Throwable> all = all(problem);
    return first(all, ApiErrorMessage::answered)
        .or(() ->
            first(all, ApiErrorMessage::untrusted)
                .map(why ->
                    "the certificate of the API server " + server + " is not accepted: " + why))
        .or(() -> first(all, ApiErrorMessage::unreadable))
        .or(() ->
            first(all, ApiErrorMessage::unreachable)
                .map(why -> "the API server " + server + " cannot be reached: " + why))
        .orElseGet(() -> innermost(problem));
  }

  private static Optional<String> first(
      List<Throwable> all, Function<Throwable, @Nullable String> words) {
    return all.stream().flatMap(one -> Stream.ofNullable(words.apply(one))).findFirst();
  }

  /** A problem, its causes from without to within, and those that were suppressed beside them. */
  private static List<Throwable> all(Throwable problem) {
    List<Throwable> all = new ArrayList<>();
    Set<Throwable> known = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Throwable> open = new ArrayList<>(List.of(problem));
    while (!open.isEmpty() && all.size() < MAX_CAUSES) {
      Throwable next = open.removeFirst();
      if (known.add(next)) {
        all.add(next);
        open.addAll(0, Stream.ofNullable(next.getCause()).toList());
        open.addAll(List.of(next.getSuppressed()));
      }
    }
    return all;
  }

  /** The API server has answered: with a refusal. */
  private static @Nullable String answered(Throwable problem) {
    if (!(problem instanceof KubernetesClientException k) || k.getCode() <= 0) {
      return null;
    }
    String words =
        k.getStatus() == null || k.getStatus().getMessage() == null
            ? String.valueOf(k.getMessage())
            : k.getStatus().getMessage();
    return switch (k.getCode()) {
      case UNAUTHORIZED ->
          "the API server does not know us: check the kubeconfig or ServiceAccount";
      case FORBIDDEN -> "a right is missing: " + missing(words);
      case NOT_FOUND ->
          (words + k.getMessage()).contains(CRD)
              ? "llamameshes.llamamesh.io is unknown to the API server: install the CRD first"
                  + " (kubectl apply --server-side -f crds/llamameshes.llamamesh.io-v1.yaml)"
              : "not found: " + line(words);
      default -> "the API server answers " + k.getCode() + ": " + line(words);
    };
  }

  /** {@code Lease llama-mesh-operator: verb update is missing (namespace …, user …)}. */
  private static String missing(String words) {
    Matcher cannot = CANNOT.matcher(words);
    if (!cannot.find()) {
      return line(words);
    }
    Matcher named = NAMED.matcher(words);
    String group = cannot.group("group");
    String what =
        cannot.group("resource").equals("leases")
            ? "Lease"
            : cannot.group("resource") + (group.isEmpty() ? "" : "." + group);
    String namespace = cannot.group("namespace");
    return what
        + (named.find() ? " " + named.group("name") : "")
        + ": verb "
        + cannot.group("verb")
        + " is missing ("
        + (namespace == null ? "" : "namespace " + namespace + ", ")
        + "user "
        + cannot.group("user")
        + ")";
  }

  private static @Nullable String untrusted(Throwable problem) {
    return switch (problem) {
      case CertificateExpiredException e -> "it has expired (" + e.getMessage() + ")";
      case CertificateNotYetValidException e -> "it is not valid yet (" + e.getMessage() + ")";
      // The words of a wrong name, and of an issuer who is not in the kubeconfig's or pod's CA.
      case CertificateException e when e.getCause() == null -> line(String.valueOf(e.getMessage()));
      case java.security.cert.CertPathBuilderException e -> "its issuer is not known";
      case java.security.cert.CertPathValidatorException e when e.getCause() == null ->
          line(String.valueOf(e.getMessage()));
      case SSLException e when e.getCause() == null ->
          "TLS failed: " + line(String.valueOf(e.getMessage()));
      default -> null;
    };
  }

  private static @Nullable String unreadable(Throwable problem) {
    return switch (problem) {
      case JsonMappingException e ->
          "the API server's answer cannot be read: "
              + line(e.getOriginalMessage())
              + (e.getPath().isEmpty() ? "" : " at " + path(e));
      case JsonProcessingException e ->
          "the API server's answer cannot be read: " + line(e.getOriginalMessage());
      default -> null;
    };
  }

  /** {@code items[0].spec.agent}. */
  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(step ->
            step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
        .collect(Collectors.joining())
        .replaceFirst("^\\.", "");
  }

  /** The JDK's client leaves the plainest causes without a word. */
  private static @Nullable String unreachable(Throwable problem) {
    return switch (problem) {
      case UnresolvedAddressException e -> "its name is unknown";
      case UnknownHostException e -> "its name is unknown";
      case HttpTimeoutException e -> "no answer in time";
      case SocketTimeoutException e -> "no answer in time";
      case TimeoutException e -> "no answer in time";
      // Its cause says more, or says nothing at all.
      case ConnectException e when e.getCause() instanceof ClosedChannelException ->
          "connection refused";
      case ConnectException e when e.getCause() == null && e.getMessage() == null ->
          "connection refused";
      case ConnectException e when e.getCause() == null ->
          line(e.getMessage()).toLowerCase(Locale.ROOT);
      case IOException e when e.getCause() == null && !(e instanceof JsonProcessingException) ->
          e.getMessage() == null ? e.getClass().getSimpleName() : line(e.getMessage());
      default -> null;
    };
  }

  /** The last cause that says something; where there is none, what was suppressed counts as one. */
  public static String innermost(Throwable problem) {
    Throwable last = problem;
    Throwable one = problem;
    for (int i = 0; one != null && i < MAX_CAUSES; i++) {
      if (one.getMessage() != null && !one.getMessage().isBlank()) {
        last = one;
      }
      Throwable[] suppressed = one.getSuppressed();
      one = one.getCause() == null && suppressed.length > 0 ? suppressed[0] : one.getCause();
    }
    return last.getMessage() == null ? last.getClass().getSimpleName() : line(last.getMessage());
  }

  private static String line(@Nullable String words) {
    String all = String.valueOf(words).strip();
    int end = all.indexOf('\n');
    return end < 0 ? all : all.substring(0, end).strip();
  }
}
