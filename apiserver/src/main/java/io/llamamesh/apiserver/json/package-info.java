/** JSON trees as the server holds and writes them; imports nothing of ours. */
@NullMarked
package io.llamamesh.apiserver.json;

import org.jspecify.annotations.NullMarked;
