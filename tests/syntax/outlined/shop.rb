require 'json'
require_relative 'lib/x'

# A shop.
module Store
  LIMIT = 10

  # Sells. Things.
  class Shop < Base::Thing
    attr_reader :name

    def initialize(name, n = 1)
      @name = name
    end

    # All.
    def total
      if @a && @b
        1
      elsif @c
        2
      end
      items.each do |x|
        next unless x
        case x
        when 1 then 2
        when 2 then 3
        else 4
        end
      end
      begin
        go
      rescue ArgumentError => e
        "#{e} def no"
      end
      @a ? 1 : 2
    end

    def self.build; new; end
    def empty?() = true
    def ==(other)
      true
    end

    private

    def hidden
      <<~TEXT
        def no
        end
      TEXT
    end
  end
end

def main
  Store::Shop.new
end
