/// The version of electra-dist, as `--version` and reports show it.
package let programVersion = "0.1.0"
