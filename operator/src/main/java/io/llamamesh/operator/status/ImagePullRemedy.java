package io.llamamesh.operator.status;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The remedy for an image that cannot be pulled, by the kubelet's words. */
public final class ImagePullRemedy {
  /** Reason of the condition. */
  public static final String REASON = "PullFailed";

  private static final Set<String> REASONS =
      Set.of(
          "ErrImagePull",
          "ImagePullBackOff",
          "InvalidImageName",
          "ErrImageNeverPull",
          "ImageInspectError",
          "RegistryUnavailable",
          "SignatureValidationFailed");

  /** Between two attempts the kubelet repeats what the last one met, behind these. */
  private static final Pattern PREAMBLE =
      Pattern.compile(
          "^(Back-off pulling image \"[^\"]*\": )?(ErrImagePull: )?(rpc error: code = \\w+ desc = )?");

  private record Cause(List<String> words, String remedy) {}

  /** Words in lower case. */
  private static final List<Cause> CAUSES =
      List.of(
          new Cause(
              List.of("toomanyrequests", "too many requests", "429"),
              "the registry limits how often is pulled: pull with an account"
                  + " (spec.imagePullSecrets) or from a registry of your own (image.registry of the"
                  + " chart)"),
          new Cause(
              List.of("no match for platform", "no matching manifest", "exec format"),
              "the image is not built for this node's architecture"),
          new Cause(
              List.of("x509", "certificate", "http response to https client"),
              "the node does not trust the registry: its CA belongs into the container runtime's"
                  + " configuration"),
          new Cause(
              List.of(
                  "unauthorized",
                  "authentication required",
                  "authorization failed",
                  "no basic auth credentials",
                  "access denied",
                  "denied",
                  "forbidden",
                  "401",
                  "403"),
              "the registry asks for an account, or has no such image: name a pull Secret of this"
                  + " namespace in spec.imagePullSecrets, and check the image's name"),
          new Cause(
              List.of("not found", "manifest unknown", "does not exist"),
              "check the image's name and tag: image.registry and image.tag of the chart,"
                  + " spec.agent.image of the mesh"),
          new Cause(
              List.of(
                  "no such host",
                  "dial tcp",
                  "i/o timeout",
                  "connection refused",
                  "timeout",
                  "deadline exceeded",
                  "network is unreachable"),
              "the node does not reach the registry: check image.registry of the chart, DNS, proxy"
                  + " and firewall of the node"),
          new Cause(
              List.of("no space left", "disk"),
              "the node's disk is full: make room on it, or evict what fills it"));

  private ImagePullRemedy() {}

  /** Whether a container waits for its image, by the reason that the kubelet gives. */
  public static boolean isImagePull(String waitingReason) {
    return REASONS.contains(waitingReason);
  }

  /**
   * The obstacle to pulling an image, with its remedy.
   *
   * @param reason why the container waits, for which {@link #isImagePull} holds
   * @param message the kubelet's words; absent: none
   * @param where the pod, for people
   * @param secret the kubelet's words about a pull Secret that is not there; absent: none said
   */
  public static Obstacle of(
      String reason, @Nullable String message, String where, @Nullable String secret) {
    String words =
        message == null ? reason : PREAMBLE.matcher(message.strip()).replaceFirst("").strip();
    String said = words.isEmpty() ? reason : words;
    String remedy =
        secret == null
            ? remedy(reason, said)
            : "a pull Secret is missing in this namespace: create it, or mend spec.imagePullSecrets ("
                + secret.strip()
                + ")";
    return new Obstacle(REASON, where + " cannot pull its image; " + remedy + ". It says: " + said);
  }

  private static String remedy(String reason, String words) {
    String lower = words.toLowerCase(Locale.ROOT);
    return switch (reason) {
      case "InvalidImageName" ->
          "mend the name: image.registry and image.tag of the chart, spec.agent.image of the mesh";
      case "ErrImageNeverPull" ->
          "load it onto the node, or change the pull policy (spec.agent.imagePullPolicy,"
              + " image.pullPolicy of the chart)";
      case "SignatureValidationFailed" -> "the node's policy of signatures does not take it";
      default ->
          CAUSES.stream()
              .filter(cause -> cause.words().stream().anyMatch(lower::contains))
              .map(Cause::remedy)
              .findFirst()
              .orElse(
                  "check the image's name (image.registry of the chart, spec.agent.image) and"
                      + " spec.imagePullSecrets");
    };
  }
}
