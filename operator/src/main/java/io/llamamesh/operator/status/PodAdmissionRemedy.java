package io.llamamesh.operator.status;

import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The remedy for pods that the platform refuses, by the words of its {@code FailedCreate} Events.
 *
 * <p>The first cause whose words occur decides. Causes are ordered from those with unmistakable
 * words to those that share theirs with others: "forbidden" alone says nothing.
 */
public final class PodAdmissionRemedy {
  /** Reason of the condition. */
  public static final String REASON = "PodsRefused";

  /** Begin of a message that says nothing new: who creates pods, which, and that it failed. */
  private static final Pattern PREAMBLE =
      Pattern.compile(
          "^(Error creating: )?((pods|Pod) \"[^\"]*\" is (forbidden|invalid): )?", Pattern.DOTALL);

  private static final Pattern BLANKS = Pattern.compile("\\s+");

  /** Words by which a platform refuses fixed users; in lower case. */
  private static final List<String> USER_WORDS =
      List.of("runasuser", "runasgroup", "fsgroup", "65532");

  private static final String PLATFORMS_USER =
      "let the platform give user and group (the chart's podUser=Platform, the operator's"
          + " --pod-user=PLATFORM)";

  /** A policy may as well ask for a user that is named. */
  private static final String EITHERS_USER =
      "say who gives user and group (the chart's podUser=Platform or Fixed, the operator's"
          + " --pod-user)";

  private PodAdmissionRemedy() {}

  /**
   * One cause.
   *
   * @param words each of which gives it away, in lower case
   * @param remedy for a message in lower case and the workload that it is about
   */
  private record Cause(List<String> words, BiFunction<String, Workload, String> remedy) {
    Cause(List<String> words, Function<Workload, String> remedy) {
      this(words, (message, workload) -> remedy.apply(workload));
    }

    boolean explains(String message) {
      return words.stream().anyMatch(message::contains);
    }
  }

  private static boolean isAboutUsers(String message) {
    return USER_WORDS.stream().anyMatch(message::contains);
  }

  /**
   * An agent needs the host's network, which takes a constraint of its own. A scraper needs nothing
   * but a user that is not fixed.
   */
  private static String constraint(String message, Workload workload) {
    String user = isAboutUsers(message) ? PLATFORMS_USER : "";
    if (workload.isAgents()) {
      return (user.isEmpty() ? "" : user + ", and ")
          + "oc adm policy add-scc-to-user hostnetwork-v2 -z "
          + workload.name()
          + " -n "
          + workload.namespace();
    }
    return user.isEmpty()
        ? "let ServiceAccount " + workload.name() + " use a constraint that allows what is named"
        : user;
  }

  private static String policy(String message, Workload workload) {
    return "a policy of this cluster refuses them: "
        + (isAboutUsers(message) ? EITHERS_USER + ", or " : "")
        + "exempt pods labelled app.kubernetes.io/name=llama-mesh of namespace "
        + workload.namespace()
        + " from it"
        + (workload.isAgents() ? "; they need the host's network" : "");
  }

  /** Words in lower case. */
  private static final List<Cause> CAUSES =
      List.of(
          new Cause(
              List.of("violates podsecurity"),
              w ->
                  (w.isAgents() ? "agents need the host's network: " : "")
                      + "kubectl label namespace "
                      + w.namespace()
                      + " pod-security.kubernetes.io/enforce="
                      + (w.isAgents() ? "privileged" : "baseline")
                      + " --overwrite"),
          new Cause(List.of("security context constraint"), PodAdmissionRemedy::constraint),
          new Cause(
              List.of("autogke", "gke warden", "warden-validating"),
              w ->
                  w.isAgents()
                      ? "GKE Autopilot lets no pod use the host's network that Google has not"
                          + " allowed: use a Standard cluster"
                      : "GKE Autopilot has rules of its own: change what it names"),
          new Cause(
              List.of("insufficient quota to match these scopes"),
              w ->
                  "this namespace may use that priority class only under a ResourceQuota whose"
                      + " scopeSelector names it: create one, or change "
                      + w.specField("priorityClassName")),
          new Cause(
              List.of("no priorityclass with name"),
              w -> "create that PriorityClass, or change " + w.specField("priorityClassName")),
          new Cause(
              List.of("failed quota"),
              w ->
                  "a ResourceQuota of namespace "
                      + w.namespace()
                      + " asks for what it names: set it in "
                      + w.specField("resources")),
          new Cause(
              List.of("exceeded quota"),
              w ->
                  "raise that ResourceQuota of namespace "
                      + w.namespace()
                      + ", or lower "
                      + w.specField("resources")),
          new Cause(
              List.of(
                  " usage per container is",
                  " usage per pod is",
                  "limit to request ratio per",
                  "].resources."),
              w ->
                  "a LimitRange of namespace "
                      + w.namespace()
                      + " does not go with "
                      + w.specField("resources")
                      + ": change one of them"),
          new Cause(
              List.of("error looking up service account"),
              w ->
                  "ServiceAccount "
                      + w.name()
                      + " is made by the operator, and pods come once it is there; condition"
                      + " ConfigsReady says what keeps it"),
          new Cause(
              List.of("because it is being terminated"),
              w -> "namespace " + w.namespace() + " is being deleted"),
          new Cause(
              List.of("failed calling webhook", "failed to call webhook"),
              w ->
                  "an admission webhook that all pods must pass does not answer: mend it, or delete"
                      + " its configuration"),
          new Cause(
              List.of("conflict with its namespace whitelist"),
              w -> "that admission allows other tolerations: change " + w.specField("tolerations")),
          new Cause(
              List.of("node label selector conflicts"),
              w ->
                  "the namespace has a node selector of its own: change "
                      + w.specField("nodeSelector")
                      + " or its annotation"),
          new Cause(
              List.of("image policy webhook", "imagepolicywebhook"), w -> "allow the images there"),
          new Cause(
              List.of(
                  "denied the request",
                  "denied request",
                  "validatingadmissionpolicy",
                  "admission webhook"),
              PodAdmissionRemedy::policy),
          new Cause(
              List.of(
                  "status unknown for quota",
                  "quota evaluation timed out",
                  "timeout",
                  "timed out",
                  "too many requests"),
              w -> "the server was busy; this is tried again"));

  /**
   * The obstacle to creating pods, with its remedy.
   *
   * @param message of the Event
   */
  public static Obstacle of(String message, Workload workload) {
    String words = BLANKS.matcher(PREAMBLE.matcher(message).replaceFirst("")).replaceAll(" ");
    String lower = message.toLowerCase(Locale.ROOT);
    String remedy =
        CAUSES.stream()
            .filter(cause -> cause.explains(lower))
            .findFirst()
            .map(cause -> cause.remedy().apply(lower, workload))
            .orElse("allow them in namespace " + workload.namespace());
    return new Obstacle(
        REASON,
        workload.pods() + " are refused; " + remedy + ". The platform says: " + words.strip());
  }
}
