package io.llamamesh.operator.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.OperatorException;
import io.llamamesh.crd.LlamaMesh;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way in which the operator cannot start is said by its innermost cause. */
class ApiErrorMessageTest {
  private static final String SERVER = "https://10.0.0.1:6443";

  static Stream<Arguments> problems() {
    return Stream.of(
        arguments(
            "a verb on the Lease",
            starting(
                refusal(
                    403,
                    "leases.coordination.k8s.io \"llama-mesh-operator\" is forbidden: User"
                        + " \"system:serviceaccount:net:op\" cannot update resource \"leases\" in"
                        + " API group \"coordination.k8s.io\" in the namespace \"net\"")),
            "a right is missing: Lease llama-mesh-operator: verb update is missing"
                + " (namespace net, user system:serviceaccount:net:op)"),
        arguments(
            "a verb on all of a kind, deep inside",
            starting(
                new ExecutionException(
                    new OperatorException(
                        "Couldn't start source nodes",
                        refusal(
                            403,
                            "nodes is forbidden: User \"op\" cannot list resource \"nodes\" in API"
                                + " group \"\" at the cluster scope")))),
            "a right is missing: nodes: verb list is missing (user op)"),
        arguments(
            "a refusal in other words",
            refusal(403, "pods is forbidden: admission webhook says no\nsecond line"),
            "a right is missing: pods is forbidden: admission webhook says no"),
        arguments(
            "who we are",
            refusal(401, "Unauthorized"),
            "the API server does not know us: check the kubeconfig or ServiceAccount"),
        arguments(
            "no CRD",
            new KubernetesClientException(
                "Failure executing: GET at: " + SERVER + "/apis/llamamesh.io/v1alpha1/llamameshes",
                404,
                status(404, "404 page not found")),
            "llamameshes.llamamesh.io is unknown to the API server: install the CRD first"
                + " (kubectl apply --server-side -f crds/llamameshes.llamamesh.io-v1.yaml)"),
        arguments(
            "no namespace",
            refusal(404, "namespaces \"net\" not found"),
            "not found: namespaces \"net\" not found"),
        arguments(
            "the server is ill",
            refusal(503, "etcdserver: request timed out"),
            "the API server answers 503: etcdserver: request timed out"),
        arguments(
            "JOSDK's own check",
            starting(
                new OperatorException(
                    "No permission to lease resource. in namespace: net; missing required verbs:"
                        + " [update]")),
            "No permission to lease resource. in namespace: net; missing required verbs: [update]"),
        arguments(
            "an object that cannot be decoded, which has no code",
            new KubernetesClientException("An error has occurred.", undecodable()),
            "the API server's answer cannot be read: Invalid quantity string format passed. at"
                + " spec.agent.resources.limits.memory"),
        arguments(
            "an unknown issuer",
            tls(
                new CertificateException(
                    "PKIX path building failed", new CertPathBuilderException("unable to find"))),
            certificate("its issuer is not known")),
        arguments(
            "an expired certificate",
            tls(
                new CertificateException(
                    "PKIX path validation failed",
                    new CertificateExpiredException("NotAfter: Sun Nov 01"))),
            certificate("it has expired (NotAfter: Sun Nov 01)")),
        arguments(
            "another's certificate",
            tls(new CertificateException("No name matching kubernetes found")),
            certificate("No name matching kubernetes found")),
        arguments(
            "no TLS at all",
            client(new SSLException("Unsupported or unrecognized SSL message")),
            certificate("TLS failed: Unsupported or unrecognized SSL message")),
        arguments(
            "an unknown host as the JDK's client says it",
            client(causedBy(new ConnectException(), new UnresolvedAddressException())),
            unreachable("its name is unknown")),
        arguments(
            "an unknown host",
            client(new UnknownHostException("api.example")),
            unreachable("its name is unknown")),
        arguments(
            "nobody listens",
            client(causedBy(new ConnectException(), new ClosedChannelException())),
            unreachable("connection refused")),
        arguments(
            "nobody listens, in words",
            client(new ConnectException("Connection refused")),
            unreachable("connection refused")),
        arguments(
            "no way there",
            client(new NoRouteToHostException("No route to host")),
            unreachable("No route to host")),
        arguments(
            "nobody answers",
            client(new HttpConnectTimeoutException("HTTP connect timed out")),
            unreachable("no answer in time")),
        arguments(
            "an answer that breaks off",
            client(causedBy(new IOException("closed"), new EOFException("EOF reached"))),
            unreachable("EOF reached")),
        arguments(
            "suppressed beside a word that says nothing",
            suppressing(
                new OperatorException("Error starting operator"), refusal(401, "Unauthorized")),
            "the API server does not know us: check the kubeconfig or ServiceAccount"),
        arguments(
            "something else, deep inside",
            starting(new IllegalStateException(new IllegalArgumentException("no such index"))),
            "no such index"),
        arguments("no word at all", new NullPointerException(), "NullPointerException"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("problems")
  void aProblemIsItsInnermostCause(String name, Throwable problem, String line) {
    assertThat(ApiErrorMessage.oneLine(SERVER, problem)).isEqualTo(line);
  }

  @Test
  void aRingOfCausesEnds() {
    RuntimeException one = new IllegalStateException("one");
    RuntimeException two = new IllegalStateException("two", one);
    var _ = one.initCause(two);

    assertThat(ApiErrorMessage.oneLine(SERVER, two)).isIn("one", "two");
  }

  private static String unreachable(String why) {
    return "the API server " + SERVER + " cannot be reached: " + why;
  }

  private static String certificate(String why) {
    return "the certificate of the API server " + SERVER + " is not accepted: " + why;
  }

  private static Throwable starting(Throwable cause) {
    return new OperatorException("Error starting operator", cause);
  }

  private static Throwable client(Throwable cause) {
    return starting(new KubernetesClientException("An error has occurred.", cause));
  }

  private static Throwable tls(Throwable cause) {
    return client(causedBy(new SSLHandshakeException("failed"), cause));
  }

  private static Throwable suppressing(Throwable problem, Throwable beside) {
    problem.addSuppressed(beside);
    return problem;
  }

  private static Throwable causedBy(Throwable problem, Throwable cause) {
    return problem.initCause(cause);
  }

  private static KubernetesClientException refusal(int code, String words) {
    return new KubernetesClientException(
        "Failure executing: GET at: " + SERVER + "/. Message: " + words, code, status(code, words));
  }

  private static Status status(int code, String words) {
    return new StatusBuilder().withCode(code).withMessage(words).build();
  }

  /** As fabric8 meets it: a quantity without a value. */
  private static Throwable undecodable() {
    try {
      var mesh =
          new KubernetesSerialization()
              .unmarshal(
                  """
                  {"apiVersion": "llamamesh.io/v1alpha1", "kind": "LlamaMesh",
                   "spec": {"agent": {"resources": {"limits": {"memory": ""}}}}}
                  """,
                  LlamaMesh.class);
      throw new AssertionError("decoded: " + mesh + new Quantity("1"));
    } catch (IllegalArgumentException | KubernetesClientException e) {
      return e;
    }
  }
}
