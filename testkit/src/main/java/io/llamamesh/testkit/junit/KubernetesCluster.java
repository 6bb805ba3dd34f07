package io.llamamesh.testkit.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Gives tests a real Kubernetes API: the cluster that {@code LLAMA_MESH_TEST_KUBECONFIG} names
 * (never {@code KUBECONFIG}, which may be somebody's own), else a control plane that all tests of
 * this JVM share, of the programs that {@link io.llamamesh.testkit.Binaries} finds. Where there is
 * neither, the tests are skipped and say how to get one; with {@code CI} set they fail.
 *
 * <p>A test takes a {@link TestCluster}, or just a {@code KubernetesClient}, as a parameter (also
 * of {@code @BeforeEach}); each test has a namespace of its own, which the client uses by default
 * and which is deleted afterwards. Controllers act, deletion takes its time, and Nodes are shared
 * by all: count and wait accordingly.
 *
 * <p>Tests mostly wait for controllers, so in modules that allow it (see {@code
 * junit-platform.properties}) several run at a time. One that changes what others stand on takes
 * {@link #WHOLE} by {@code @ResourceLock} and runs alone.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = KubernetesCluster.WHOLE, mode = ResourceAccessMode.READ)
@ExtendWith(KubernetesClusterExtension.class)
public @interface KubernetesCluster {
  /**
   * The definitions that all tests of a JVM share: definitions of kinds, and controllers with time
   * for them.
   */
  String WHOLE = "the whole cluster";

  /**
   * Files with CustomResourceDefinitions to apply first: paths from the module's folder, or {@code
   * classpath:/name}.
   */
  String[] crds() default {};
}
