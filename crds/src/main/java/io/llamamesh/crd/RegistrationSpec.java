package io.llamamesh.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Registration of probes outside the cluster: whether, where, and who may. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.enabled) || !self.enabled || has(self.tokenSecret)",
    message =
        "registration.tokenSecret must name a Secret with the token that probes show: whoever may register has the mesh probe it")
public record RegistrationSpec(
    @JsonPropertyDescription(
            "Runs a registry, with which probes outside the cluster register themselves.")
        @Default("false")
        @Nullable Boolean enabled,
    @JsonPropertyDescription(
            "Names of groups of spec.groups in which probes may register. Nodes of such a group probe those that registered in it, and are probed by them. Absent: all groups.")
        @Size(max = 32)
        @Nullable List<String> groups,
    @JsonPropertyDescription(
            "How long a registration that names no keepalive counts without another, in whole seconds.")
        @Pattern(LlamaMeshSpec.WHOLE_SECONDS_PATTERN)
        @Size(max = 16)
        @Default(MeshDefaults.KEEPALIVE)
        @ValidationRule(
            value = "duration(self) >= duration('30s') && duration(self) <= duration('720h')",
            message = "keepalive must be from 30s to 720h")
        @Nullable String keepalive,
    @JsonPropertyDescription(
            "Networks (CIDR) whose addresses may be registered, and 'self': the address that a registration comes from. Absent: self.")
        @Size(max = 64)
        @Nullable List<String> allowedNetworks,
    @JsonPropertyDescription(
            "Name of a Secret in the mesh's namespace. Its entry 'token' has the tokens that let probes in, one a line. Never the mesh's own.")
        @Pattern(LlamaMeshSpec.OBJECT_NAME_PATTERN)
        @Size(max = 253)
        @Nullable String tokenSecret,
    @JsonPropertyDescription(
            "Serves HTTPS. Absent: HTTP, so that the token can be read on the way.")
        @Nullable RegistrationTls tls,
    @JsonPropertyDescription("Probes that may be registered at once.")
        @Min(1)
        @Max(2000)
        @Default("" + MeshDefaults.OUTSIDE_PROBES)
        @Nullable Integer maxProbes,
    @JsonPropertyDescription("How the registry is reached from outside.")
        @Nullable RegistrationService service) {

  /** A certificate and its key. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record RegistrationTls(
      @JsonPropertyDescription(
              "Name of a Secret of type kubernetes.io/tls in the mesh's namespace; a renewed certificate is taken without a restart.")
          @Required
          @Pattern(LlamaMeshSpec.OBJECT_NAME_PATTERN)
          @Size(min = 1, max = 253)
          String secretName) {}

  /** The Service that probes outside reach. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record RegistrationService(
      @JsonPropertyDescription("Its type.") @Default("ClusterIP") @Nullable ServiceType type,
      @JsonPropertyDescription("Its TCP port.")
          @Min(1)
          @Max(65535)
          @Default("" + MeshDefaults.REGISTRY_PORT)
          @Nullable Integer port) {}

  /** Types of a Service. */
  public enum ServiceType {
    @JsonProperty("ClusterIP")
    CLUSTER_IP("ClusterIP"),
    @JsonProperty("NodePort")
    NODE_PORT("NodePort"),
    @JsonProperty("LoadBalancer")
    LOAD_BALANCER("LoadBalancer");

    private final String text;

    ServiceType(String text) {
      this.text = text;
    }

    /** As a Service's spec has it. */
    public String text() {
      return text;
    }
  }
}
