package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.Names.Component;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts as Kubernetes 1.29 to 1.36, OpenShift, GKE and common policy engines write them. */
class PodAdmissionRemedyTest {
  private static final Workload AGENTS = new Workload("net", "m", Component.AGENT);
  private static final Workload SCRAPER = new Workload("net", "m", Component.SCRAPER);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          pods "m-agent-x7k2p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), hostPort (container "agent" uses hostPorts 8100, 8100) | kubectl label namespace net pod-security.kubernetes.io/enforce=privileged
          pods "m-agent-" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used, provider restricted-v2: .containers[0].runAsUser: Invalid value: 65532: must be in the ranges: [1000650000, 1000659999]] | podUser=Platform, the operator's --pod-user=PLATFORM), and oc adm policy add-scc-to-user hostnetwork-v2 -z m-agent -n net
          pods "m-agent-" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used] | are refused; oc adm policy add-scc-to-user hostnetwork-v2 -z m-agent -n net
          pods "m-agent-q9" is forbidden: failed quota: q: must specify limits.cpu for: agent | asks for what it names: set it in spec.agent.resources
          pods "m-agent-q9" is forbidden: failed quota: q: must specify limits.cpu,requests.cpu | asks for what it names: set it in spec.agent.resources
          pods "m-agent-q9" is forbidden: exceeded quota: q, requested: requests.cpu=20m, used: requests.cpu=1, limited: requests.cpu=1 | raise that ResourceQuota of namespace net, or lower spec.agent.resources
          pods "m-agent-q9" is forbidden: maximum memory usage per Container is 100Mi, but limit is 192Mi | a LimitRange of namespace net does not go with spec.agent.resources
          pods "m-agent-q9" is forbidden: [minimum cpu usage per Container is 100m, but request is 20m, maximum memory usage per Pod is 100Mi, but limit is 201326592] | a LimitRange of namespace net does not go with spec.agent.resources
          pods "m-agent-q9" is forbidden: memory max limit to request ratio per Container is 1, but provided ratio is 1.500000 | a LimitRange of namespace net does not go with spec.agent.resources
          Pod "m-agent-q9" is invalid: spec.containers[0].resources.requests: Invalid value: "128Mi": must be less than or equal to memory limit of 100Mi | a LimitRange of namespace net does not go with spec.agent.resources
          pods "m-agent-q9" is forbidden: no PriorityClass with name very-high was found | create that PriorityClass, or change spec.agent.priorityClassName
          insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}] | or change spec.agent.priorityClassName
          pods "m-agent-q9" is forbidden: error looking up service account net/m-agent: serviceaccount "m-agent" not found | ServiceAccount m-agent is made by the operator
          pods "m-agent-q9" is forbidden: unable to create new content in namespace net because it is being terminated | namespace net is being deleted
          admission webhook "warden-validating.common-webhooks.networking.gke.io" denied the request: GKE Warden rejected the request because it violates one or more constraints. Violations details: {"[denied by autogke-disallow-hostnamespaces]":["enabling hostNetwork is not allowed in Autopilot."]} | use a Standard cluster
          admission webhook "validation.gatekeeper.sh" denied the request: [psp-host-network] The specified hostNetwork and hostPort are not allowed, pod: m-agent-q9. Allowed values: {} | exempt pods labelled app.kubernetes.io/name=llama-mesh of namespace net
          admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/net/ was blocked due to the following policies disallow-host-namespaces: host-namespaces: validation error: Sharing the host namespaces is disallowed. | exempt pods labelled app.kubernetes.io/name=llama-mesh of namespace net
          pods "m-agent-q9" is forbidden: ValidatingAdmissionPolicy 'uid-range' with binding 'uid-range' denied request: runAsUser must be in 1000650000-1000659999 | podUser=Platform or Fixed, the operator's --pod-user), or exempt pods labelled app.kubernetes.io/name=llama-mesh of namespace net
          Internal error occurred: failed calling webhook "mpod.example.org": failed to call webhook: Post "https://hook.x.svc:443/pods?timeout=10s": context deadline exceeded | an admission webhook that all pods must pass does not answer
          Internal error occurred: failed calling webhook "mpod.example.org": failed to call webhook: Post "https://hook.x.svc:443/pods?timeout=10s": no endpoints available for service "hook" | an admission webhook that all pods must pass does not answer
          pods "m-agent-q9" is forbidden: pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist | change spec.agent.tolerations
          pods "m-agent-q9" is forbidden: pod node label selector conflicts with its namespace node label selector | change spec.agent.nodeSelector
          pods "m-agent-q9" is forbidden: image policy webhook backend denied one or more images: unsigned | allow the images there
          pods "m-agent-q9" is forbidden: status unknown for quota: q, resources: pods | this is tried again
          pods "m-agent-q9" is forbidden: something that nobody has written yet | allow them in namespace net
          """)
  void theRemedyFitsTheWordsWhichAreToldToo(String message, String remedy) {
    Obstacle found = PodAdmissionRemedy.of("Error creating: " + message, AGENTS);

    assertThat(found.reason()).isEqualTo("PodsRefused");
    assertThat(found.message())
        .startsWith("the agents' pods are refused; ")
        .contains(remedy)
        .endsWith(message.replaceFirst("^[Pp]ods? \"[^\"]*\" is (forbidden|invalid): ", ""));
  }

  @Test
  void theLabelOfPodSecurityIsNamedForPodSecurityOnly() {
    String quota = "pods \"m-agent-q9\" is forbidden: failed quota: q: must specify limits.cpu";

    assertThat(PodAdmissionRemedy.of(quota, AGENTS).message()).doesNotContain("pod-security");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          pods "m-scraper-5d-x" is forbidden: failed quota: q: must specify limits.cpu for: scraper | spec.scraper.resources
          pods "m-scraper-5d-x" is forbidden: unable to validate against any security context constraint: [provider restricted-v2: .containers[0].runAsUser: Invalid value: 65532] | podUser=Platform
          pods "m-scraper-5d-x" is forbidden: unable to validate against any security context constraint: [provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{65532}: 65532 is not an allowed group] | --pod-user=PLATFORM
          pods "m-scraper-5d-x" is forbidden: unable to validate against any security context constraint: [provider "team": Forbidden: not usable by user or serviceaccount] | let ServiceAccount m-scraper use a constraint
          pods "m-scraper-5d-x" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities | enforce=baseline
          """)
  void ofTheScraperItsOwnFieldsAreNamed(String message, String remedy) {
    assertThat(PodAdmissionRemedy.of("Error creating: " + message, SCRAPER).message())
        .startsWith("the scraper's pods are refused; ")
        .contains(remedy)
        .doesNotContain("host");
  }

  @Test
  void theRandomNameOfAPodIsNoNews() {
    String first = "Error creating: pods \"m-agent-aaaaa\" is forbidden: exceeded quota: q";
    String second = "Error creating: pods \"m-agent-bbbbb\" is forbidden: exceeded quota: q";

    assertThat(PodAdmissionRemedy.of(first, AGENTS))
        .isEqualTo(PodAdmissionRemedy.of(second, AGENTS));
  }
}
